#pragma once
// SPDX-License-Identifier: MIT
// AttentionBlock: heads, convolution, skip connection and ReLU as one layer.

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "odot/kernels/attention_block/contract.hpp"
#include "odot/nn/attention_heads.hpp"
#include "odot/nn/conv2d.hpp"
#include "odot/nn/description.hpp"
#include "odot/nn/layer.hpp"
#include "odot/nn/pass.hpp"

namespace odot::nn {

struct AttentionBlockOptions {
  HeadNorm head_norm = HeadNorm::plain;
  bool bias = false;                  ///< bias arrays inside the softmaxes
  bool skip = true;                   ///< add the input to the convolution's output
  bool relu = true;                   ///< end with a ReLU
  HeadNormOptions norm_options = {};  ///< of the heads' norm
};

namespace detail {

template <class List>
struct OfHeads;
template <class... P>
struct OfHeads<Parameters<P...>> {
  using type = Parameters<typename P::template prefixed<"heads.">...>;
};

}  // namespace detail

/// y = [ReLU]( Conv3x3( AttentionHeads(x) ) [+ x] ), without writing the heads to memory. The same parameters, names and
/// results (within rounding) as the composition of those layers.
/// Shapes  x [N, C, H, W] → y [N, C, H, W]
/// Grad    dx overwritten, the parameters' added (equations in docs/layers.md)
/// Errors  compile time: input of a rank other than 3
/// Source  Element-Wise Attention Layers, section 3
template <std::size_t Heads, AttentionBlockOptions Options = AttentionBlockOptions{}>
struct AttentionBlock {
  static_assert(Heads > 0, "odot::nn::AttentionBlock: at least one head");
  static_assert(Options.norm_options.eps > 0, "odot::nn::AttentionBlock: eps must be greater than 0");

 private:
  template <ShapeType In>
  struct Lists {
    using heads = detail::HeadLists<In, Heads, Options.head_norm, Options.bias>;
    static constexpr std::size_t channels = detail::extent_or_1<In>(0), maps = Heads * channels;
    using conv = Parameters<Parameter<"conv.weight", Shape<channels, maps, 3, 3>>,
                            Parameter<"conv.bias", Shape<channels>, Init::zero>>;
    using parameters = typename detail::Join<typename detail::OfHeads<typename heads::parameters>::type, conv>::type;
    using buffers = typename detail::OfHeads<typename heads::buffers>::type;
  };

 public:
  template <ShapeType In>
  struct bind : Layer<In, In, typename Lists<In>::parameters, typename Lists<In>::buffers> {
    using geometry = kernels::AttentionGeometry<In, Heads, Options.head_norm, Options.skip, Options.relu, Options.bias>;
    static constexpr kernels::NormConstants constants = detail::head_norm_constants<In>(Options.norm_options);
    static constexpr bool backward_reads_input = false;  // the cache has it
    static constexpr bool backward_reads_output = Options.relu;
    static constexpr bool couples_samples = Options.head_norm != HeadNorm::none;
    static constexpr std::size_t cache_elements(std::size_t n) { return kernels::attention_block_cache<In, Heads>(n); }

    ODOT_COLD static void describe(std::vector<std::string>& parts) {
      const std::string heads = detail::heads_words(Heads, Options.head_norm, Options.bias, Options.norm_options);
      const std::string conv = detail::conv2d_words(geometry::C, ConvOptions{.kernel = 3, .padding = 1});
      if (Options.skip) parts.push_back(LayerWords("residual").add(joined_layers({heads, conv})).text());
      else parts.insert(parts.end(), {heads, conv});
      if (Options.relu) parts.push_back("relu");
    }

    static void forward(auto pass, auto x, auto y) {
      using K = kernels::AttentionBlock<typename decltype(pass)::device>;
      if (pass.training()) {
        const auto [mean, var] =
            statistics<Scalar<decltype(pass)>>(pass, [&](auto name) { return pass.updated_buffer(name); });
        K::template forward_training<geometry>(pass.workspace(), constants, x, weights(pass), mean, var, pass.cache(),
                                               y);
      } else {
        const auto [mean, var] =
            statistics<const Scalar<decltype(pass)>>(pass, [&](auto name) { return pass.buffer(name); });
        K::template forward_evaluation<geometry>(pass.workspace(), constants, x, weights(pass), mean, var, y);
      }
    }

    static void backward(auto pass, auto x, auto y, auto dy, auto dx) {
      using P = decltype(pass);
      const Scalar<P>* cache = pass.cache();
      const auto gradients = arrays<Scalar<P>>(pass, [&](auto name) { return pass.gradient(name); });
      kernels::AttentionBlock<typename P::device>::template backward<geometry>(pass.workspace(), x, weights(pass),
                                                                               cache, y, dy, gradients, dx);
    }

   private:
    template <class P>
    using Scalar = typename P::scalar;

    template <class S, class P>
    static auto arrays(const P&, auto of) {
      kernels::BlockWeights<S, geometry, typename P::device> all{};
      all.heads.weight_x.rebind(of(Name<"heads.weight_x">{}));
      all.heads.weight_y.rebind(of(Name<"heads.weight_y">{}));
      if constexpr (Options.bias) {
        all.heads.bias_x.rebind(of(Name<"heads.bias_x">{}));
        all.heads.bias_y.rebind(of(Name<"heads.bias_y">{}));
      }
      if constexpr (Options.head_norm == HeadNorm::affine) {
        all.heads.scale.rebind(of(Name<"heads.weight">{}));
        all.heads.shift.rebind(of(Name<"heads.bias">{}));
      }
      all.conv_weight.rebind(of(Name<"conv.weight">{}));
      all.conv_bias.rebind(of(Name<"conv.bias">{}));
      return all;
    }
    template <class P>
    static auto weights(const P& pass) {
      return arrays<const Scalar<P>>(pass, [&](auto name) { return pass.parameter(name); });
    }

    /// {running_mean, running_var}, empty without a norm.
    template <class S, class P>
    static auto statistics(const P&, [[maybe_unused]] auto of) {
      using V = TensorView<Shape<geometry::maps>, S, typename P::device>;
      if constexpr (Options.head_norm == HeadNorm::none) return std::pair(V(), V());
      else return std::pair<V, V>(of(Name<"heads.running_mean">{}), of(Name<"heads.running_var">{}));
    }
  };
};

}  // namespace odot::nn
