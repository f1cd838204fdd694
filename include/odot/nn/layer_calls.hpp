#pragma once
// SPDX-License-Identifier: MIT
// How layers call each other: a function that is missing, or has another signature than the contract's, is one readable
// error.

#include <type_traits>

namespace odot::nn::detail {

struct NotInALayer {
  void not_in_a_layer();
};
template <class L>
struct Beside : L, NotInALayer {};

/// False for a layer whose shapes do not fit, which has been reported: compilers may have dropped its functions, and find
/// nothing in Beside. Nothing can be derived from a final class; it counts as sound.
template <class L>
constexpr bool is_sound() {
  if constexpr (std::is_final_v<L>) return true;
  else return requires { &Beside<L>::not_in_a_layer; };
}

/// L::forward, L a bound layer. Compilers name L in their notes.
template <class L>
void forward(auto pass, auto x, auto y) {
  if constexpr (requires { pass.observe_input(x); }) pass.observe_input(x);  // ObservedPass
  if constexpr (requires { L::forward(pass, x, y); }) {
    L::forward(pass, x, y);
  } else if constexpr (is_sound<L>()) {
    static_assert(!is_sound<L>(),
                  "odot::nn: a layer needs   static void forward(auto pass, auto x, auto y);   public, as "
                  "odot/nn/layer.hpp says");
  } else {
    L::forward(pass, x, y);
  }
}

/// L::backward, L a bound layer.
template <class L>
void backward(auto pass, auto x, auto y, auto dy, auto dx) {
  if constexpr (requires { L::backward(pass, x, y, dy, dx); }) {
    L::backward(pass, x, y, dy, dx);
  } else if constexpr (is_sound<L>()) {
    static_assert(
        !is_sound<L>(),
        "odot::nn: a layer needs   static void backward(auto pass, auto x, auto y, auto dy, auto dx);   public, "
        "as odot/nn/layer.hpp says");
  } else {
    L::backward(pass, x, y, dy, dx);
  }
}

}  // namespace odot::nn::detail
