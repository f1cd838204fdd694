#pragma once
// SPDX-License-Identifier: MIT
// Contract of the norm of a gradient and of clipping by it.

#include <span>

#include "odot/core/workspace.hpp"
#include "odot/kernels/kernel.hpp"

namespace odot::kernels {

/// ‖g‖ = √(Σ g²), summed in double, always in the same order; and g scaled down to a norm of at most max_norm. The norm
/// stays in the device's memory, so that nobody waits for it.
/// Source  same convention as torch.nn.utils.clip_grad_norm_: g ·= min(1, max_norm/(‖g‖ + 1e-6)); a norm that is NaN makes
///         all of g NaN
///
///   measure(workspace, gradient, norm)           norm: one double, memory of the device
///   clip(workspace, max_norm, norm, gradient)    the norm as measure left it
template <class Device>
struct GradientNorm : detail::NoKernel {
  static_assert(detail::implemented<Device>,
                "odot::kernels::GradientNorm: no kernel for this device; include odot/odot.hpp");
};

}  // namespace odot::kernels
