#pragma once
// SPDX-License-Identifier: MIT
// How layers call each other: a function with another signature than the contract's is one readable error.

namespace odot::nn::detail {

struct NamesOfCalls {
  void forward();
  void backward();
  void not_in_a_layer();
};
template <class L>
struct BothNames : L, NamesOfCalls {};

/// Whether L has anything of that name: then it is ambiguous in BothNames. Not in a layer whose shapes do not fit, which
/// has been reported: compilers may have dropped its functions, and find nothing in BothNames.
template <class L>
inline constexpr bool is_sound = requires { &BothNames<L>::not_in_a_layer; };
template <class L>
inline constexpr bool names_forward = is_sound<L> && !requires { &BothNames<L>::forward; };
template <class L>
inline constexpr bool names_backward = is_sound<L> && !requires { &BothNames<L>::backward; };

/// L::forward, L a bound layer. Compilers name L in their notes.
template <class L>
void forward(auto pass, auto x, auto y) {
  if constexpr (requires { L::forward(pass, x, y); } || !names_forward<L>) {
    L::forward(pass, x, y);
  } else {
    static_assert(!names_forward<L>,
                  "odot::nn: a layer needs   static void forward(auto pass, auto x, auto y);   public, as "
                  "odot/nn/layer.hpp says");
  }
}

/// L::backward, L a bound layer.
template <class L>
void backward(auto pass, auto x, auto y, auto dy, auto dx) {
  if constexpr (requires { L::backward(pass, x, y, dy, dx); } || !names_backward<L>) {
    L::backward(pass, x, y, dy, dx);
  } else {
    static_assert(
        !names_backward<L>,
        "odot::nn: a layer needs   static void backward(auto pass, auto x, auto y, auto dy, auto dx);   public, "
        "as odot/nn/layer.hpp says");
  }
}

}  // namespace odot::nn::detail
