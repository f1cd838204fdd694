#pragma once
// SPDX-License-Identifier: MIT
// AttentionHeads: element-wise attention's relevance maps, applied to the input.

#include <cstddef>
#include <cstdint>
#include <string>

#include "odot/core/number_text.hpp"
#include "odot/kernels/attention_heads/contract.hpp"
#include "odot/kernels/share_arrays.hpp"
#include "odot/nn/description.hpp"
#include "odot/nn/layer.hpp"
#include "odot/nn/pass.hpp"

namespace odot::nn {

/// What the heads of an attention-wise layer consist of.
struct AttentionHeadsOptions {
  bool norm = true;     ///< normalise the relevance maps over the batch; without, Â = A
  bool affine = false;  ///< scale and shift the normalised maps, by a learned weight and bias per head and channel
  bool bias = false;    ///< bias arrays inside the softmaxes
  double eps = 1e-5;    ///< of the norm, added to the variance, greater than 0
  /// Normalise H·W·A, whose mean is about 1, in place of A, whose variance is small compared with 1e-5:
  /// Â = (A − μ)/√(σ² + eps/(H·W)²). The running statistics are A's in both forms.
  bool scaled = false;
  /// Whether every channel has its own arrays; if false, all channels share a head's arrays, [heads, 1, H, W].
  bool per_channel = true;
  /// So many rows and columns of pixels share one number of an array: arrays are [heads, C, ⌈H/dilation⌉, ⌈W/dilation⌉].
  std::size_t dilation = 1;
};

namespace detail {

/// Extent of an axis, 1 where the shape has no such axis.
template <ShapeType In>
constexpr std::size_t extent_or_1(std::size_t axis) {
  return axis < In::rank ? In::extents[axis] : 1;
}

/// The arrays of attention heads, with `Prefix` before their names: what AttentionHeads and AttentionBlock have in
/// common.
template <ShapeType In, std::size_t Heads, AttentionHeadsOptions Options, FixedString Prefix>
struct HeadArrays {
  static constexpr std::size_t C = extent_or_1<In>(0), H = extent_or_1<In>(1), W = extent_or_1<In>(2);
  static constexpr std::size_t D = Options.dilation > 0 ? Options.dilation : 1;
  static constexpr bool are_shared = !Options.per_channel || D > 1;
  using arrays = Shape<Heads, (Options.per_channel ? C : 1), (H - 1) / D + 1, (W - 1) / D + 1>;
  using maps = Shape<Heads * C>;
  using output = Shape<Heads * C, H, W>;

  using parameters =
      typename Parameters<Parameter<"weight_x", arrays, Init::drawn_elementwise>,
                          Parameter<"weight_y", arrays, Init::drawn_elementwise>,
                          OptionalParameter<Options.bias, "bias_x", arrays, Init::zero>,
                          OptionalParameter<Options.bias, "bias_y", arrays, Init::zero>,
                          OptionalParameter<Options.affine, "weight", maps, Init::one>,
                          OptionalParameter<Options.affine, "bias", maps, Init::zero>>::template prefixed<Prefix>;
  using buffers =
      typename Parameters<OptionalParameter<Options.norm, "running_mean", maps, Init::zero>,
                          OptionalParameter<Options.norm, "running_var", maps, Init::zero>>::template prefixed<Prefix>;
  template <FixedString Text>
  using name = Name<Prefix + Text>;

  static constexpr kernels::HeadNorm norm = !Options.norm    ? kernels::HeadNorm::none
                                            : Options.affine ? kernels::HeadNorm::affine
                                                             : kernels::HeadNorm::plain;
  /// The running statistics begin with the first batch's: a map's variance is 1e-6 or less, so that a start at 1 would
  /// outweigh it for the first hundred steps.
  static constexpr double plane = static_cast<double>(H * W);
  static constexpr kernels::NormConstants constants{.eps = Options.scaled ? Options.eps / (plane * plane) : Options.eps,
                                                    .first_batch_whole = true};

  /// What the kernels read. Arrays that channels or pixels share are copied for each of them, into memory of the frame.
  template <class P>
  static kernels::HeadWeights<const typename P::scalar, In, Heads, typename P::device> weights(const P& pass,
                                                                                               auto& frame) {
    return {for_pixels(pass, pass.parameter(name<"weight_x">()), frame),
            for_pixels(pass, pass.parameter(name<"weight_y">()), frame),
            for_pixels(pass, pass.parameter_or_empty(name<"bias_x">()), frame),
            for_pixels(pass, pass.parameter_or_empty(name<"bias_y">()), frame),
            pass.parameter_or_empty(name<"weight">()),
            pass.parameter_or_empty(name<"bias">())};
  }
  /// What the kernels add to. For arrays that are shared, that is zeroed memory of the frame; add_shared comes after.
  template <class P>
  static kernels::HeadWeights<typename P::scalar, In, Heads, typename P::device> gradients(const P& pass, auto& frame) {
    return {of_pixels<P>(pass.gradient(name<"weight_x">()), frame),
            of_pixels<P>(pass.gradient(name<"weight_y">()), frame),
            of_pixels<P>(pass.gradient_or_empty(name<"bias_x">()), frame),
            of_pixels<P>(pass.gradient_or_empty(name<"bias_y">()), frame),
            pass.gradient_or_empty(name<"weight">()),
            pass.gradient_or_empty(name<"bias">())};
  }
  template <class P>
  static void add_shared(const P& pass,
                         const kernels::HeadWeights<typename P::scalar, In, Heads, typename P::device>& sums) {
    if constexpr (are_shared) {
      add_copies(pass, sums.weight_x, pass.gradient(name<"weight_x">()));
      add_copies(pass, sums.weight_y, pass.gradient(name<"weight_y">()));
      if constexpr (Options.bias) {
        add_copies(pass, sums.bias_x, pass.gradient(name<"bias_x">()));
        add_copies(pass, sums.bias_y, pass.gradient(name<"bias_y">()));
      }
    }
  }

 private:
  template <class P, class S>
  using Full = TensorView<Shape<Heads, C, H, W>, S, typename P::device>;

  template <class P, class View>
  static auto for_pixels(const P& pass, View shared, auto& frame) {
    using S = typename P::scalar;
    if constexpr (!are_shared) {
      return shared;
    } else {
      const Full<P, S> copies(shared ? frame.template take<S>(Heads * C * H * W) : nullptr);
      if (shared) kernels::ShareArrays<typename P::device>::template copy<D>(pass.workspace(), shared, copies);
      return Full<P, const S>(copies);
    }
  }
  template <class P, class View>
  static auto of_pixels(View shared, auto& frame) {
    using S = typename P::scalar;
    if constexpr (!are_shared) {
      return shared;
    } else {
      const Full<P, S> zeros(shared ? frame.template take<S>(Heads * C * H * W) : nullptr);
      if (shared) zeros = S{0};
      return zeros;
    }
  }
  template <class P>
  static void add_copies(const P& pass, Full<P, typename P::scalar> copies, auto shared) {
    kernels::ShareArrays<typename P::device>::template add<D>(pass.workspace(),
                                                              Full<P, const typename P::scalar>(copies), shared);
  }

  // Last: after a failed assertion, compilers skip the rest of a class.
  static_assert(In::rank == 3,
                "odot::nn::AttentionWise, AttentionHeads: input must be rank 3, [channels, height, width]");
  static_assert(Options.dilation > 0, "odot::nn::AttentionWise, AttentionHeads: dilation must be at least 1");
  static_assert(Options.norm || !Options.affine,
                "odot::nn::AttentionWise, AttentionHeads: affine scales and shifts normalised maps; set norm too");
};

/// FLOP of AttentionHeads per sample: the scores x ⊙ w of both softmaxes, 5 for each softmax, and both products.
constexpr std::uint64_t heads_flop(std::size_t heads, std::size_t size, const AttentionHeadsOptions& options) {
  return heads * size * (14u + (options.bias ? 2u : 0u) + (options.norm ? 2u : 0u));
}

/// The words of AttentionHeads.
ODOT_COLD inline std::string heads_words(std::size_t heads, const AttentionHeadsOptions& options) {
  LayerWords words("attention_heads");
  words.add(heads).add(!options.norm ? "no norm" : options.affine ? "affine norm" : "plain norm");
  if (options.norm) words.add("eps", number_text::shortest(options.eps)).add_if(options.scaled, "scaled");
  words.add_if(options.bias, "bias").add_if(!options.per_channel, "shared over channels");
  if (options.dilation > 1) words.add("dilation", options.dilation);
  return words.text();
}

}  // namespace detail

/// Heads of element-wise attention, side by side as channels:
///     y_h = norm( softmax_W(x ⊙ Wx_h) ⊙ softmax_H(x ⊙ Wy_h) ) ⊙ x
/// Shapes  x [N, C, H, W], weight_x and weight_y [heads, C, H, W], or [heads, 1, H, W] shared over channels; with dilation
///         d they are [heads, C or 1, ⌈H/d⌉, ⌈W/d⌉] → y [N, heads·C, H, W]
/// Grad    dx overwritten; arrays' gradients added (equations in kernels/attention_heads/attention_heads.hpp)
/// Errors  compile time: input of a rank other than 3
/// Cost    6 exponentials per head and element in a training step
/// Buffers running_mean, running_var [heads·C]: of A, the variance unbiased; 0 until the first training batch, whose
///         statistics they take whole; then 0.9 of the old and 0.1 of the batch's (BatchNorm2d's and PyTorch's start at
///         0 and 1)
/// Source  Element-Wise Attention Layers, section 3; the norm has batch statistics in training, running ones in predict
template <std::size_t Heads, AttentionHeadsOptions Options = AttentionHeadsOptions{}>
struct AttentionHeads {
  static_assert(Heads > 0, "odot::nn::AttentionHeads: at least one head");
  static_assert(Options.eps > 0, "odot::nn::AttentionHeads: eps must be greater than 0");

 private:
  template <ShapeType In>
  using Arrays = detail::HeadArrays<In, Heads, Options, "">;

 public:
  template <ShapeType In>
  struct bind : Layer<In, typename Arrays<In>::output, typename Arrays<In>::parameters, typename Arrays<In>::buffers> {
    using arrays = Arrays<In>;
    using head_arrays = arrays;  ///< for nn::relevance_maps
    static constexpr kernels::NormConstants constants = arrays::constants;
    static constexpr bool couples_samples = Options.norm;
    static constexpr std::size_t cache_elements(std::size_t n) { return kernels::attention_heads_cache<In, Heads>(n); }

    static constexpr std::uint64_t flop() { return detail::heads_flop(Heads, In::size, Options); }

    ODOT_COLD static void describe(LayerParts& parts) { parts.push_back(detail::heads_words(Heads, Options)); }

    static void forward(auto pass, auto x, auto y) {
      using K = kernels::AttentionHeads<typename decltype(pass)::device>;
      auto frame = pass.workspace().frame();
      const auto weights = arrays::weights(pass, frame);
      if (pass.training())
        K::template forward_training<arrays::norm>(pass.workspace(), constants, x, weights,
                                                   pass.updated_buffer_or_empty(running_mean),
                                                   pass.updated_buffer_or_empty(running_var), pass.cache(), y);
      else
        K::template forward_evaluation<arrays::norm>(pass.workspace(), constants, x, weights,
                                                     pass.buffer_or_empty(running_mean),
                                                     pass.buffer_or_empty(running_var), y);
    }

    static void backward(auto pass, auto x, auto /*y*/, auto dy, auto dx) {
      using P = decltype(pass);
      const typename P::scalar* cache = pass.cache();
      auto frame = pass.workspace().frame();
      const auto gradients = arrays::gradients(pass, frame);
      kernels::AttentionHeads<typename P::device>::template backward<arrays::norm>(
          pass.workspace(), x, arrays::weights(pass, frame), cache, dy, gradients, dx);
      arrays::add_shared(pass, gradients);
    }
  };
};

}  // namespace odot::nn
