#pragma once
// SPDX-License-Identifier: MIT
// Contract of the negative log-likelihood.

#include "odot/core/view.hpp"
#include "odot/core/workspace.hpp"
#include "odot/kernels/kernel.hpp"
#include "odot/kernels/loss_sums.hpp"

namespace odot::kernels {

/// Negative log-likelihood of the labels under log-probabilities y: Σₙ −y[n, labelₙ].
/// Shapes  y [N, K], labels [N] → *sums (added to)
/// Grad    dy[n, k] = −scale where k = labelₙ, else 0 (overwritten; optional); scale = 1/N for the mean over a batch
/// Errors  ArgumentError: a label outside [0, K), with its position among those of the call; on a GPU, where the
///         host does not see labels, a loss of NaN instead
///
///   evaluate(workspace, y, labels, scale, dy, sums)
template <class Device>
struct NegativeLogLikelihood : detail::NoKernel<Device> {};

}  // namespace odot::kernels
