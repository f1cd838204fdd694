#pragma once
// SPDX-License-Identifier: MIT
// Contract of the normalisation of channels by fixed statistics.

#include "odot/core/view.hpp"
#include "odot/core/workspace.hpp"
#include "odot/kernels/kernel.hpp"

namespace odot::kernels {

/// y = (x − mean_c)/deviation_c, per channel c; y may be x's memory.
/// Shapes  x [N, C, …], mean and deviation [C] → y [N, C, …]
/// Grad    dx = dy/deviation_c (overwritten); none for mean and deviation
///
///   forward(workspace, x, mean, deviation, y)
///   backward(workspace, deviation, dy, dx)
template <class Device>
struct Normalize : detail::NoKernel<Device> {};

}  // namespace odot::kernels
