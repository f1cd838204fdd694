#pragma once
// SPDX-License-Identifier: MIT
// AttentionHeads: element-wise attention's relevance maps, applied to the input.

#include <cstddef>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "odot/core/number_text.hpp"
#include "odot/kernels/attention_heads/contract.hpp"
#include "odot/nn/description.hpp"
#include "odot/nn/layer.hpp"
#include "odot/nn/pass.hpp"

namespace odot::nn {

using kernels::HeadNorm;

/// How the norm of a relevance map divides.
struct HeadNormOptions {
  double eps = 1e-5;  ///< beside the variance, greater than 0
  /// Normalise H·W·A, whose mean is about 1, in place of A, whose variance is small beside 1e-5:
  /// Â = (A − μ)/√(σ² + eps/(H·W)²). The running statistics are A's in both forms.
  bool scaled = false;
};

inline constexpr Name<"weight_x"> weight_x;
inline constexpr Name<"weight_y"> weight_y;
inline constexpr Name<"bias_x"> bias_x;
inline constexpr Name<"bias_y"> bias_y;

namespace detail {

template <class...>
struct Join;
template <class... A, class... B>
struct Join<Parameters<A...>, Parameters<B...>> {
  using type = Parameters<A..., B...>;
};

/// Extent of an axis, 1 where the shape has no such axis.
template <ShapeType In>
constexpr std::size_t extent_or_1(std::size_t axis) {
  return axis < In::rank ? In::extents[axis] : 1;
}

template <ShapeType In, std::size_t Heads, HeadNorm Norm, bool Bias>
struct HeadLists {
  using arrays = Shape<Heads, extent_or_1<In>(0), extent_or_1<In>(1), extent_or_1<In>(2)>;
  using maps = Shape<Heads * extent_or_1<In>(0)>;
  using output = Shape<Heads * extent_or_1<In>(0), extent_or_1<In>(1), extent_or_1<In>(2)>;

  using weights = Parameters<Parameter<"weight_x", arrays, Init::drawn_elementwise>,
                             Parameter<"weight_y", arrays, Init::drawn_elementwise>>;
  using biases = std::conditional_t<
      Bias, Parameters<Parameter<"bias_x", arrays, Init::zero>, Parameter<"bias_y", arrays, Init::zero>>, Parameters<>>;
  using norms =
      std::conditional_t<Norm == HeadNorm::affine,
                         Parameters<Parameter<"weight", maps, Init::one>, Parameter<"bias", maps, Init::zero>>,
                         Parameters<>>;
  using parameters = typename Join<typename Join<weights, biases>::type, norms>::type;
  using buffers = std::conditional_t<
      Norm == HeadNorm::none, Parameters<>,
      Parameters<Parameter<"running_mean", maps, Init::zero>, Parameter<"running_var", maps, Init::zero>>>;

  // Last: after a failed assertion, compilers skip the rest of a class.
  static_assert(In::rank == 3,
                "odot::nn::AttentionWise, AttentionHeads: input must be rank 3, [channels, height, width]");
};

ODOT_COLD inline std::string heads_words(std::size_t heads, HeadNorm norm, bool bias, const HeadNormOptions& options) {
  LayerWords words("attention_heads");
  words.add(heads).add(norm == HeadNorm::none ? "no norm" : norm == HeadNorm::affine ? "affine norm" : "plain norm");
  if (norm != HeadNorm::none) words.add("eps", number_text::shortest(options.eps)).add_if(options.scaled, "scaled");
  return words.add_if(bias, "bias").text();
}

/// The constants of a head's norm. Its running statistics begin with the first batch's: a map's variance is 1e-6 or less,
/// so that a start at 1 would outweigh it for the first hundred steps.
template <ShapeType In>
constexpr kernels::NormConstants head_norm_constants(const HeadNormOptions& options) {
  const auto plane = static_cast<double>(extent_or_1<In>(1) * extent_or_1<In>(2));
  return {.eps = options.scaled ? options.eps / (plane * plane) : options.eps, .first_batch_whole = true};
}

}  // namespace detail

/// Heads of element-wise attention, side by side as channels:
///     y_h = norm( softmax_W(x ⊙ Wx_h) ⊙ softmax_H(x ⊙ Wy_h) ) ⊙ x
/// Shapes  x [N, C, H, W], weight_x and weight_y [heads, C, H, W] → y [N, heads·C, H, W]
/// Grad    dx overwritten; arrays' gradients added (equations in kernels/attention_heads/attention_heads.hpp)
/// Errors  compile time: input of a rank other than 3
/// Cost    6 exponentials per head and element in a training step
/// Buffers running_mean, running_var [heads·C]: of A, the variance unbiased; 0 until the first training batch, whose
///         statistics they take whole; then 0.9 of the old and 0.1 of the batch's (BatchNorm2d's and PyTorch's start at 0
///         and 1)
/// Source  Element-Wise Attention Layers, section 3; the norm has batch statistics in training, running ones in predict
template <std::size_t Heads, HeadNorm Norm = HeadNorm::plain, bool Bias = false,
          HeadNormOptions NormOptions = HeadNormOptions{}>
struct AttentionHeads {
  static_assert(Heads > 0, "odot::nn::AttentionHeads: at least one head");
  static_assert(NormOptions.eps > 0, "odot::nn::AttentionHeads: eps must be greater than 0");

  template <ShapeType In>
  struct bind : Layer<In, typename detail::HeadLists<In, Heads, Norm, Bias>::output,
                      typename detail::HeadLists<In, Heads, Norm, Bias>::parameters,
                      typename detail::HeadLists<In, Heads, Norm, Bias>::buffers> {
    static constexpr kernels::NormConstants constants = detail::head_norm_constants<In>(NormOptions);
    static constexpr bool couples_samples = Norm != HeadNorm::none;
    static constexpr std::size_t cache_elements(std::size_t n) { return kernels::attention_heads_cache<In, Heads>(n); }

    ODOT_COLD static void describe(std::vector<std::string>& parts) {
      parts.push_back(detail::heads_words(Heads, Norm, Bias, NormOptions));
    }

    static void forward(auto pass, auto x, auto y) {
      using K = kernels::AttentionHeads<typename decltype(pass)::device>;
      if (pass.training()) {
        const auto [mean, var] =
            statistics<Scalar<decltype(pass)>>(pass, [&](auto name) { return pass.updated_buffer(name); });
        K::template forward_training<Norm>(pass.workspace(), constants, x, weights(pass), mean, var, pass.cache(), y);
      } else {
        const auto [mean, var] =
            statistics<const Scalar<decltype(pass)>>(pass, [&](auto name) { return pass.buffer(name); });
        K::template forward_evaluation<Norm>(pass.workspace(), constants, x, weights(pass), mean, var, y);
      }
    }

    static void backward(auto pass, auto x, auto /*y*/, auto dy, auto dx) {
      using P = decltype(pass);
      const typename P::scalar* cache = pass.cache();
      const auto gradients = arrays<typename P::scalar>(pass, [&](auto name) { return pass.gradient(name); });
      kernels::AttentionHeads<typename P::device>::template backward<Norm>(pass.workspace(), x, weights(pass), cache,
                                                                           dy, gradients, dx);
    }

   private:
    template <class P>
    using Scalar = typename P::scalar;

    template <class S, class P>
    static auto arrays(const P&, auto of) {
      kernels::HeadWeights<S, In, Heads, typename P::device> all{};
      all.weight_x.rebind(of(weight_x));
      all.weight_y.rebind(of(weight_y));
      if constexpr (Bias) {
        all.bias_x.rebind(of(bias_x));
        all.bias_y.rebind(of(bias_y));
      }
      if constexpr (Norm == HeadNorm::affine) {
        all.scale.rebind(of(weight));
        all.shift.rebind(of(bias));
      }
      return all;
    }
    template <class P>
    static auto weights(const P& pass) {
      return arrays<const typename P::scalar>(pass, [&](auto name) { return pass.parameter(name); });
    }

    /// {running_mean, running_var}, empty without a norm.
    template <class S, class P>
    static auto statistics(const P&, [[maybe_unused]] auto of) {
      using V = TensorView<typename detail::HeadLists<In, Heads, Norm, Bias>::maps, S, typename P::device>;
      if constexpr (Norm == HeadNorm::none) return std::pair(V(), V());
      else return std::pair<V, V>(of(running_mean), of(running_var));
    }
  };
};

}  // namespace odot::nn
