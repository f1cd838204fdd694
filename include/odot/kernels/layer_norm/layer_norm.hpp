#pragma once
// SPDX-License-Identifier: MIT
// Contract of layer normalisation.

#include "odot/core/view.hpp"
#include "odot/core/workspace.hpp"
#include "odot/kernels/kernel.hpp"

namespace odot::kernels {

/// x̂ = (x − μ_n) / √(σ²_n + eps),  y_d = γ_d x̂_d + β_d; μ and σ² (biased) of each sample's D numbers.
/// Shapes  x [N, D], weight γ and bias β [D] (optional, both or none) → y [N, D]; y may be x's memory
///         statistics [N, 2] (optional in forward): μ and 1/√(σ² + eps), for backward
/// Grad    g = γ ⊙ dy:  dx = (g − mean(g) − x̂ mean(g x̂)) / √(σ² + eps) (overwritten; optional; may be dy's memory);
///         dγ += Σₙ dy x̂,  dβ += Σₙ dy (added; optional, both or none)
///
///   forward(workspace, eps, x, weight, bias, statistics, y)
///   backward(workspace, x, weight, statistics, dy, dweight, dbias, dx)
template <class Device>
struct LayerNorm : detail::NoKernel<Device> {};

}  // namespace odot::kernels
