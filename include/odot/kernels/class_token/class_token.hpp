#pragma once
// SPDX-License-Identifier: MIT
// Contract of the class token.

#include "odot/core/view.hpp"
#include "odot/core/workspace.hpp"
#include "odot/kernels/kernel.hpp"

namespace odot::kernels {

/// A token put before the first: y[0] = token, y[1 + l] = x[l].
/// Shapes  x [N, L, D], token [D] → y [N, L + 1, D]
/// Grad    dtoken += Σₙ dy[n, 0] (added);  dx[l] = dy[1 + l] (overwritten; optional)
///
///   forward(workspace, x, token, y)
///   backward(workspace, dy, dtoken, dx)
template <class Device>
struct ClassToken : detail::NoKernel<Device> {};

}  // namespace odot::kernels
