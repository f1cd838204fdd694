#pragma once
// SPDX-License-Identifier: MIT
// Contract of the rectified linear unit.

#include "odot/core/view.hpp"
#include "odot/core/workspace.hpp"
#include "odot/kernels/kernel.hpp"

namespace odot::kernels {

/// y = max(x, 0), element by element; NaN stays NaN. y may be x's memory, dx dy's.
/// Shapes  x [N, …] → y [N, …]
/// Grad    dx = dy where y > 0 or NaN, else 0 (overwritten)
///
///   forward(workspace, x, y)
///   backward(workspace, y, dy, dx)
template <class Device>
struct Relu : detail::NoKernel<Device> {};

}  // namespace odot::kernels
