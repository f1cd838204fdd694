#pragma once
// SPDX-License-Identifier: MIT
// Contract of the mean over tokens.

#include "odot/core/view.hpp"
#include "odot/core/workspace.hpp"
#include "odot/kernels/kernel.hpp"

namespace odot::kernels {

/// y = mean of the valid tokens of each sample; 0 where none is valid.
/// Shapes  x [N, L, D], lengths [N] (optional) → y [N, D]
/// Grad    dx = dy / valid tokens in those, 0 in padding (overwritten)
///
///   forward(workspace, x, lengths, y)
///   backward(workspace, dy, lengths, dx)
template <class Device>
struct MeanTokens : detail::NoKernel<Device> {};

}  // namespace odot::kernels
