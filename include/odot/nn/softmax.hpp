#pragma once
// SPDX-License-Identifier: MIT
// Softmax.

#include <cstdint>

#include "odot/kernels/softmax.hpp"
#include "odot/nn/description.hpp"
#include "odot/nn/layer.hpp"
#include "odot/nn/pass.hpp"
#include "odot/nn/tokens.hpp"

namespace odot::nn {

/// Softmax over the features of a sample or of every token: y_k = exp(x_k)/Σⱼ exp(xⱼ), in the stable form and in place.
/// A classifier ends in nn::LogSoftmax, or in logits under nn::CrossEntropy; both are more precise than log of this.
/// Shapes  x [N, K] or [N, L, K] → y as x
/// Grad    dx_k = y_k (dy_k − Σⱼ yⱼ dyⱼ) (overwritten)
/// Errors  compile time: input of a rank other than 1 and 2
/// Source  same convention as torch.nn.Softmax(dim=-1)
struct Softmax {
  template <ShapeType In>
  struct bind : Layer<In, In> {
    static_assert(detail::has_features<In>,
                  "odot::nn::Softmax: input must be rank 1 or 2, [features] or [tokens, features]");
    static constexpr bool backward_reads_input = false;
    static constexpr bool backward_reads_output = true;
    static constexpr bool in_place = true;
    static constexpr bool token_wise = detail::is_sequence<In>;

    static constexpr std::uint64_t flop() { return 5 * In::size; }

    ODOT_COLD static void describe(LayerParts& parts) { parts.push_back(LayerWords("softmax").text()); }

    static void forward(auto pass, auto x, auto y) {
      kernels::Softmax<typename decltype(y)::device>::forward(pass.workspace(), detail::as_tokens(x),
                                                              detail::as_tokens(y));
    }
    static void backward(auto pass, auto /*x*/, auto y, auto dy, auto dx) {
      kernels::Softmax<typename decltype(y)::device>::backward(pass.workspace(), detail::as_tokens(y),
                                                               detail::as_tokens(dy), detail::as_tokens(dx));
    }
  };
};

}  // namespace odot::nn
