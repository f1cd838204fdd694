#pragma once
// SPDX-License-Identifier: MIT
// Conv2d: the 2-D convolution.

#include <cstddef>

#include "odot/nn/convolution.hpp"

namespace odot::nn {

using Conv2dOptions = ConvOptions;

/// 2-D convolution (cross-correlation): y[o] = b[o] + Σ_c w[o, c] ⋆ x[c], c the channels of o's group.
/// Shapes  x [N, C, H, W], weight [O, C/groups, K, K], bias [O] → y [N, O, (H+2P−K)/S+1, (W+2P−K)/S+1]
/// Grad    dx overwritten;  dW, db added
/// Errors  compile time: input of a rank other than 3; a kernel larger than the padded input; groups that do not divide
///         both numbers of channels
/// Cost    2·N·O·H'·W'·(C/groups)·K² FLOP forward, twice that backward
/// Source  same convention as torch.nn.Conv2d
template <std::size_t OutChannels, Conv2dOptions Options = Conv2dOptions{}>
struct Conv2d {
 private:
  template <ShapeType In>
  struct Rule : detail::ConvRule<In, 2, OutChannels, Options> {
    static_assert(OutChannels > 0, "odot::nn::Conv2d: out_channels must be at least 1");
    static_assert(Rule::positive, "odot::nn::Conv2d: kernel_size, stride and groups must be at least 1");
    static_assert(Rule::has_rank, "odot::nn::Conv2d: input must be rank 3, [channels, height, width]");
    static_assert(Rule::divides,
                  "odot::nn::Conv2d: groups must divide the number of input channels and of output channels");
    static_assert(Rule::fits,
                  "odot::nn::Conv2d: kernel must not exceed the padded input; add padding or shrink the kernel");
  };

 public:
  template <ShapeType In>
  struct bind : ConvLayer<In, Rule<In>, Options.bias> {
    ODOT_COLD static void describe(LayerParts& parts) {
      parts.push_back(detail::conv_words("conv2d", OutChannels, Options));
    }
  };
};

}  // namespace odot::nn
