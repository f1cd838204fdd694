#pragma once
// SPDX-License-Identifier: MIT
// Contract of the norm of a gradient and of clipping by it.

#include <span>

#include "odot/core/config.hpp"
#include "odot/core/workspace.hpp"
#include "odot/kernels/kernel.hpp"

namespace odot::kernels {

/// ‖g‖ = √(Σ g²), summed in double, always in the same order; and g scaled down to a norm of at most max_norm. The norm
/// stays in the device's memory, so that nobody waits for it. Squares neither overflow nor vanish: those of floats are
/// doubles, and doubles are divided by the largest of them first where that is needed. The factor is a double too: a small
/// one would lose digits in float, or vanish.
/// Source  same convention as torch.nn.utils.clip_grad_norm_: g ·= min(1, max_norm/(‖g‖ + 1e-6)); but a norm that is NaN or
///         infinite makes all of g NaN, where PyTorch's infinite norm makes it 0
///
///   measure(workspace, gradient, norm)           norm: one double, memory of the device
///   clip(workspace, max_norm, norm, gradient)    the norm as measure left it
template <class Device>
struct GradientNorm : detail::NoKernel<Device> {};

namespace detail {

/// What clipping multiplies by: NaN where the norm is not finite (norm − norm is 0, or NaN).
ODOT_HOST_DEVICE inline double clipping_factor(double max_norm, double norm) {
  const double factor = max_norm / (norm + 1e-6);
  return (factor < 1 ? factor : 1) + (norm - norm);
}

}  // namespace detail

}  // namespace odot::kernels
