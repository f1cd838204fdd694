#pragma once
// SPDX-License-Identifier: MIT
// Contract of the lower triangular matrix that is stored without its zeros.

#include <cstddef>

#include "odot/core/view.hpp"
#include "odot/core/workspace.hpp"
#include "odot/kernels/kernel.hpp"

namespace odot::kernels {

/// T [D, D], T_ij = 0 for j > i, stored row by row without the zeros: T_ij = packed[i(i + 1)/2 + j].
/// Shapes  packed [D(D + 1)/2] → transposed [D, D] = Tᵀ: the weight of kernels::Linear with which y = x T
/// Grad    packed's += the lower triangle of the gradient of T (added)
///
///   unpack(workspace, packed, transposed)
///   backward(workspace, dtransposed, dpacked)
template <class Device>
struct Triangle : detail::NoKernel<Device> {};

}  // namespace odot::kernels
