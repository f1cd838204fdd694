#pragma once
// SPDX-License-Identifier: MIT
// Contract of the Gaussian error linear unit.

#include "odot/core/view.hpp"
#include "odot/core/workspace.hpp"
#include "odot/kernels/kernel.hpp"

namespace odot::kernels {

/// y = x Φ(x), Φ(x) = (1 + erf(x/√2))/2 the standard normal distribution; y may be x's memory, dx dy's.
/// Shapes  x [N, …] → y [N, …]
/// Grad    dx = dy (Φ(x) + x φ(x)), φ(x) = exp(−x²/2)/√(2π) (overwritten; optional)
/// Errors of Φ  below 3e-7 in float, near the precision of the type in double
///
///   forward(workspace, x, y)
///   backward(workspace, x, dy, dx)
template <class Device>
struct Gelu : detail::NoKernel<Device> {};

}  // namespace odot::kernels
