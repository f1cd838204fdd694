#pragma once
// SPDX-License-Identifier: MIT
// Contract of the losses of regression.

#include "odot/core/view.hpp"
#include "odot/core/workspace.hpp"
#include "odot/kernels/kernel.hpp"
#include "odot/kernels/loss_sums.hpp"

namespace odot::kernels {

/// What is made of a difference d of output and target: d² or |d|.
enum class Deviation { squared, absolute };

/// Mean deviation of each sample's outputs from its targets: Σₙ (1/K) Σ_k deviation(y[n, k] − target[n, k]).
/// Shapes  y [N, …], targets as y, K elements a sample → *sums (added to; none is correct)
/// Grad    d = y − target: dy = scale · 2d/K, or scale · sign(d)/K with 0 at 0 (overwritten; optional); scale = 1/N for the
///         mean over the batch's elements
///
///   evaluate(workspace, deviation, y, targets, scale, dy, sums)
template <class Device>
struct RegressionLoss : detail::NoKernel<Device> {};

}  // namespace odot::kernels
