#pragma once
// SPDX-License-Identifier: MIT
// RecentTokens.

#include <cstddef>
#include <cstdint>

#include "odot/kernels/recent_tokens.hpp"
#include "odot/nn/description.hpp"
#include "odot/nn/layer.hpp"
#include "odot/nn/pass.hpp"
#include "odot/nn/tokens.hpp"

namespace odot::nn {

/// Each token together with the Count − 1 before it: y[l] = [x[l], x[l − 1], …, x[l − Count + 1]], 0 before the first
/// token. With nn::Linear<Out> after it, it is a causal convolution over tokens.
/// Shapes  x [N, L, D] → y [N, L, Count·D]
/// Grad    dx[l] = Σ_k dy[l + k, part k] (overwritten)
/// Step    a state of (Count − 1)·D numbers per sequence
/// Errors  compile time: input of a rank other than 2
/// Source  with nn::Linear, torch.nn.Conv1d(D, Out, Count) of input padded by Count − 1 zeros in front; that kernel's
///         weight[o, d, Count − 1 − k] is the linear layer's weight[o, k·D + d]
template <std::size_t Count>
struct RecentTokens {
  static_assert(Count > 0, "odot::nn::RecentTokens: count must be at least 1");

 private:
  template <ShapeType In>
  using Output = Shape<detail::tokens<In>, Count * detail::features<In>()>;

 public:
  template <ShapeType In>
  struct bind : Layer<In, Output<In>> {
    static_assert(detail::is_sequence<In>, "odot::nn::RecentTokens: input must be rank 2, [tokens, features]");
    static constexpr bool backward_reads_input = false;
    static constexpr bool has_step = true;
    static constexpr std::size_t state_elements = (Count - 1) * detail::features<In>();

    static constexpr std::uint64_t flop() { return 0; }

    ODOT_COLD static void describe(LayerParts& parts) {
      parts.push_back(LayerWords("recent_tokens").add(Count).text());
    }

    static void forward(auto pass, auto x, auto y) {
      kernels::RecentTokens<typename decltype(pass)::device>::forward(pass.workspace(), x, y);
    }
    static void step(auto pass, auto x, auto y, auto* state) {
      kernels::RecentTokens<typename decltype(pass)::device>::step(pass.workspace(), x, state, y);
    }
    static void backward(auto pass, auto /*x*/, auto /*y*/, auto dy, auto dx) {
      if (dx) kernels::RecentTokens<typename decltype(pass)::device>::backward(pass.workspace(), dy, dx);
    }
  };
};

}  // namespace odot::nn
