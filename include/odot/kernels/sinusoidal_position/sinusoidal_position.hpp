#pragma once
// SPDX-License-Identifier: MIT
// Contract of the fixed position encoding.

#include "odot/core/view.hpp"
#include "odot/core/workspace.hpp"
#include "odot/kernels/kernel.hpp"

namespace odot::kernels {

/// y[l, 2i] = x[l, 2i] + sin(l · 10000^(−2i/D)),  y[l, 2i + 1] = x[l, 2i + 1] + cos(l · 10000^(−2i/D)); y may be x's
/// memory. With D odd, the last feature is a sine.
/// Shapes  x [N, L, D] → y [N, L, D]
/// Memory  the L·D numbers of the table, from the workspace
/// Source  Vaswani et al., "Attention is all you need", 2017, section 3.5
///
///   forward(workspace, first, x, y)        first: the position l of the first token, 0 for a whole sequence
template <class Device>
struct SinusoidalPosition : detail::NoKernel<Device> {};

}  // namespace odot::kernels
