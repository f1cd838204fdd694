#pragma once
// SPDX-License-Identifier: MIT
// Contract of the log-softmax.

#include "odot/core/view.hpp"
#include "odot/core/workspace.hpp"
#include "odot/kernels/kernel.hpp"

namespace odot::kernels {

/// y_k = x_k − m − log Σⱼ exp(xⱼ − m), m = maxⱼ xⱼ, for every sample.
/// Shapes  x [N, K] → y [N, K], in nats
/// Grad    dx_k = dy_k − exp(y_k) Σⱼ dyⱼ (overwritten)
///
///   forward(workspace, x, y)
///   backward(workspace, y, dy, dx)
template <class Device>
struct LogSoftmax : detail::NoKernel<Device> {};

}  // namespace odot::kernels
