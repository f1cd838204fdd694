#pragma once
// SPDX-License-Identifier: MIT
// What the layers that apply a function to every element have in common.

#include "odot/kernels/activation.hpp"
#include "odot/nn/layer.hpp"
#include "odot/nn/pass.hpp"

namespace odot::nn {

/// y = f(x), element by element, where f is a function of kernels/activation.hpp. A layer derives from it and adds its
/// description. It works in place if f's slope can be computed from y.
/// Shapes  x [N, …] → y [N, …]
/// Grad    dx = dy f′(x) (overwritten)
template <ShapeType In, auto Function>
struct ActivationLayer : Layer<In, In> {
  static constexpr bool backward_reads_input = !Function.slope_from_output();
  static constexpr bool backward_reads_output = Function.slope_from_output();
  static constexpr bool in_place = Function.slope_from_output();
  static constexpr bool token_wise = true;

  static void forward(auto pass, auto x, auto y) {
    kernels::Activation<typename decltype(y)::device>::forward(pass.workspace(), Function, x, y);
  }
  static void backward(auto pass, auto x, auto y, auto dy, auto dx) {
    using K = kernels::Activation<typename decltype(dx)::device>;
    if constexpr (Function.slope_from_output()) K::backward(pass.workspace(), Function, y, dy, dx);
    else K::backward(pass.workspace(), Function, x, dy, dx);
  }
};

}  // namespace odot::nn
