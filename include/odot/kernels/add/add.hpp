#pragma once
// SPDX-License-Identifier: MIT
// Contract of the element-wise sum and of the copy.

#include "odot/core/view.hpp"
#include "odot/core/workspace.hpp"
#include "odot/kernels/kernel.hpp"

namespace odot::kernels {

/// c = a + b, element by element; c may be the memory of a or b.
/// Shapes  a, b [N, …] → c [N, …]
///
///   forward(workspace, a, b, c)
///   copy(workspace, a, c): c = a; nothing where both are the same memory
template <class Device>
struct Add : detail::NoKernel<Device> {};

}  // namespace odot::kernels
