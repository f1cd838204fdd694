#pragma once
// SPDX-License-Identifier: MIT
// How layers call each other: a function with another signature than the contract's is one readable error.

namespace odot::nn::detail {

/// L::forward, L a bound layer. Compilers name L in their notes.
template <class L>
void forward(auto pass, auto x, auto y) {
  constexpr bool callable = requires { L::forward(pass, x, y); };
  static_assert(
      callable,
      "odot::nn: a layer needs   static void forward(auto pass, auto x, auto y);   public, as odot/nn/layer.hpp "
      "says");
  if constexpr (callable) L::forward(pass, x, y);
}

/// L::backward, L a bound layer.
template <class L>
void backward(auto pass, auto x, auto y, auto dy, auto dx) {
  constexpr bool callable = requires { L::backward(pass, x, y, dy, dx); };
  static_assert(
      callable,
      "odot::nn: a layer needs   static void backward(auto pass, auto x, auto y, auto dy, auto dx);   public, as "
      "odot/nn/layer.hpp says");
  if constexpr (callable) L::backward(pass, x, y, dy, dx);
}

}  // namespace odot::nn::detail
