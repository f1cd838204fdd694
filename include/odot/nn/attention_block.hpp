#pragma once
// SPDX-License-Identifier: MIT
// AttentionBlock: heads, convolution, skip connection and ReLU as one layer.

#include <cstddef>
#include <cstdint>
#include <string>

#include "odot/kernels/attention_block/contract.hpp"
#include "odot/nn/attention_heads.hpp"
#include "odot/nn/conv2d.hpp"
#include "odot/nn/description.hpp"
#include "odot/nn/layer.hpp"
#include "odot/nn/pass.hpp"

namespace odot::nn {

struct AttentionBlockOptions {
  AttentionHeadsOptions heads = {};
  bool skip = true;  ///< add the input to the convolution's output
  bool relu = true;  ///< end with a ReLU
};

/// y = [ReLU]( Conv3x3( AttentionHeads(x) ) [+ x] ), without writing the heads to memory. The same parameters, names
/// and results (within rounding) as the composition of those layers.
/// Shapes  x [N, C, H, W] → y [N, C, H, W]
/// Grad    dx overwritten, the parameters' added (equations in docs/layers.md)
/// Errors  compile time: input of a rank other than 3
/// Source  Element-Wise Attention Layers, section 3
template <std::size_t Heads, AttentionBlockOptions Options = AttentionBlockOptions{}>
struct AttentionBlock {
  static_assert(Heads > 0, "odot::nn::AttentionBlock: at least one head");
  static_assert(Options.heads.eps > 0, "odot::nn::AttentionBlock: eps must be greater than 0");

 private:
  template <ShapeType In>
  struct Lists {
    using heads = detail::HeadArrays<In, Heads, Options.heads, "heads.">;
    using conv = Parameters<Parameter<"conv.weight", Shape<heads::C, Heads * heads::C, 3, 3>>,
                            Parameter<"conv.bias", Shape<heads::C>, Init::zero>>;
    using parameters = decltype(typename heads::parameters{} + conv{});
  };

 public:
  template <ShapeType In>
  struct bind : Layer<In, In, typename Lists<In>::parameters, typename Lists<In>::heads::buffers> {
    using heads = typename Lists<In>::heads;
    using head_arrays = heads;  ///< for nn::relevance_maps
    using geometry = kernels::AttentionGeometry<In, Heads, heads::norm, Options.skip, Options.relu, Options.heads.bias>;
    static constexpr bool backward_reads_input = false;  // the cache has it
    static constexpr bool backward_reads_output = Options.relu;
    static constexpr bool couples_samples = Options.heads.norm;
    static constexpr std::size_t cache_elements(std::size_t n) { return kernels::attention_block_cache<In, Heads>(n); }

    static constexpr std::uint64_t flop() {
      return detail::heads_flop(Heads, In::size, Options.heads) + 2 * 9 * geometry::C * Heads * In::size +
             (Options.skip ? In::size : 0) + (Options.relu ? In::size : 0);
    }

    ODOT_COLD static void describe(LayerParts& parts) {
      const std::string attention = detail::heads_words(Heads, Options.heads);
      const std::string conv = detail::conv_words("conv2d", geometry::C, Conv2dOptions{.kernel_size = 3, .padding = 1});
      if (Options.skip) parts.push_back(LayerWords("residual").add(joined_layers({attention, conv})).text());
      else parts.insert(parts.end(), {attention, conv});
      if (Options.relu) parts.push_back("relu");
    }

    static void forward(auto pass, auto x, auto y) {
      using K = kernels::AttentionBlock<typename decltype(pass)::device>;
      auto frame = pass.workspace().frame();
      const auto arrays = weights(pass, frame);
      if (pass.training())
        K::template forward_training<geometry>(pass.workspace(), heads::constants, x, arrays,
                                               pass.updated_buffer_or_empty(running_mean),
                                               pass.updated_buffer_or_empty(running_var), pass.cache(), y);
      else
        K::template forward_evaluation<geometry>(pass.workspace(), heads::constants, x, arrays,
                                                 pass.buffer_or_empty(running_mean), pass.buffer_or_empty(running_var),
                                                 y);
    }

    static void backward(auto pass, auto x, auto y, auto dy, auto dx) {
      using P = decltype(pass);
      using Gradients = kernels::BlockWeights<typename P::scalar, geometry, typename P::device>;
      const typename P::scalar* cache = pass.cache();
      auto frame = pass.workspace().frame();
      const auto of_heads = heads::gradients(pass, frame);
      const Gradients gradients{of_heads, pass.gradient(conv_weight), pass.gradient(conv_bias)};
      kernels::AttentionBlock<typename P::device>::template backward<geometry>(
          pass.workspace(), x, weights(pass, frame), cache, y, dy, gradients, dx);
      heads::add_shared(pass, of_heads);
    }

   private:
    static constexpr typename heads::template name<"running_mean"> running_mean{};
    static constexpr typename heads::template name<"running_var"> running_var{};
    static constexpr Name<"conv.weight"> conv_weight{};
    static constexpr Name<"conv.bias"> conv_bias{};

    template <class P>
    static kernels::BlockWeights<const typename P::scalar, geometry, typename P::device> weights(const P& pass,
                                                                                                 auto& frame) {
      return {heads::weights(pass, frame), pass.parameter(conv_weight), pass.parameter(conv_bias)};
    }
  };
};

}  // namespace odot::nn
