#pragma once
// SPDX-License-Identifier: MIT
// Conv1d: the convolution along one axis.

#include <cstddef>

#include "odot/nn/convolution.hpp"

namespace odot::nn {

using Conv1dOptions = ConvOptions;

/// 1-D convolution (cross-correlation): y[o] = b[o] + Σ_c w[o, c] ⋆ x[c], c the channels of o's group. A sample is
/// [channels, length], as in PyTorch, and not [tokens, features] as for layers of tokens.
/// Shapes  x [N, C, L], weight [O, C/groups, K], bias [O] → y [N, O, (L+2P−K)/S+1]
/// Grad    dx overwritten;  dW, db added
/// Errors  compile time: input of a rank other than 2; a kernel longer than the padded input; groups that do not divide
///         both numbers of channels
/// Cost    2·N·O·L'·(C/groups)·K FLOP forward, twice that backward
/// Source  same convention as torch.nn.Conv1d
template <std::size_t OutChannels, Conv1dOptions Options = Conv1dOptions{}>
struct Conv1d {
 private:
  template <ShapeType In>
  struct Rule : detail::ConvRule<In, 1, OutChannels, Options> {
    static_assert(OutChannels > 0, "odot::nn::Conv1d: out_channels must be at least 1");
    static_assert(Rule::positive, "odot::nn::Conv1d: kernel_size, stride and groups must be at least 1");
    static_assert(Rule::has_rank, "odot::nn::Conv1d: input must be rank 2, [channels, length]");
    static_assert(Rule::divides,
                  "odot::nn::Conv1d: groups must divide the number of input channels and of output channels");
    static_assert(Rule::fits,
                  "odot::nn::Conv1d: kernel must not exceed the padded input; add padding or shrink the kernel");
  };

 public:
  template <ShapeType In>
  struct bind : ConvLayer<In, Rule<In>, Options.bias> {
    ODOT_COLD static void describe(LayerParts& parts) {
      parts.push_back(detail::conv_words("conv1d", OutChannels, Options));
    }
  };
};

}  // namespace odot::nn
