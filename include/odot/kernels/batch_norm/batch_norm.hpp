#pragma once
// SPDX-License-Identifier: MIT
// Contract of batch normalisation over channels.

#include "odot/core/view.hpp"
#include "odot/core/workspace.hpp"
#include "odot/kernels/kernel.hpp"
#include "odot/kernels/norm_constants.hpp"

namespace odot::kernels {

/// x̂ = (x − μ_c) / √(σ²_c + eps),  y = γ_c x̂ + β_c, per channel c over batch, H and W.
/// Shapes  x [N, C, H, W], weight γ and bias β [C] (optional, both or none) → y [N, C, H, W]
/// Train   μ, σ² of the batch (σ² biased); running = (1 − momentum) running + momentum · batch, the variance unbiased
/// Grad    dx = γ/σ (dy − mean(dy) − x̂ mean(dy x̂)) (overwritten; optional);  dγ += Σ dy x̂,  dβ += Σ dy (added)
/// Cost    three readings of x forward, two of x and dy backward
///
///   forward_training(workspace, constants, x, weight, bias, running_mean, running_var, statistics, y)
///     statistics [2, C]: mean and 1/σ, for backward
///   forward_evaluation(workspace, constants, x, weight, bias, running_mean, running_var, y)
///   backward(workspace, x, weight, statistics, dy, dweight, dbias, dx)
template <class Device>
struct BatchNorm : detail::NoKernel<Device> {};

}  // namespace odot::kernels
