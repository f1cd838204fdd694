#pragma once
// SPDX-License-Identifier: MIT
// Contract of the fully connected product.

#include "odot/core/view.hpp"
#include "odot/core/workspace.hpp"
#include "odot/kernels/kernel.hpp"

namespace odot::kernels {

/// y = x Wᵀ + b.
/// Shapes  x [N, In], weight [Out, In], bias [Out] (optional) → y [N, Out]
/// Grad    dx = dy W (overwritten; optional);  dW += dyᵀ x,  db += Σₙ dy (added)
/// Cost    2·N·In·Out FLOP forward, twice that backward
///
///   forward(workspace, x, weight, bias, y)
///   backward(workspace, x, weight, dy, dweight, dbias, dx)
template <class Device>
struct Linear : detail::NoKernel<Device> {};

}  // namespace odot::kernels
