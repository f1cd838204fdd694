#pragma once
// SPDX-License-Identifier: MIT
// Contract of the learned position embedding.

#include "odot/core/view.hpp"
#include "odot/core/workspace.hpp"
#include "odot/kernels/kernel.hpp"

namespace odot::kernels {

/// y = x + w, the same w for every sample; y may be x's memory.
/// Shapes  x [N, …], weight […] → y [N, …]
/// Grad    dw += Σₙ dy (added)
///
///   forward(workspace, x, weight, y)
///   backward(workspace, dy, dweight)
template <class Device>
struct PositionEmbedding : detail::NoKernel<Device> {};

}  // namespace odot::kernels
