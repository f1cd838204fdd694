#pragma once
// SPDX-License-Identifier: MIT
// Contract of the softmax cross-entropy.

#include "odot/core/view.hpp"
#include "odot/core/workspace.hpp"
#include "odot/kernels/kernel.hpp"
#include "odot/kernels/loss_sums.hpp"

namespace odot::kernels {

/// Negative log-likelihood of the labels under the softmax of the logits y: Σₙ log Σ_k exp(y[n, k]) − y[n, labelₙ], in the
/// stable form; the gradient in the same pass.
/// Shapes  y [N, K], labels [N] → *sums (added to)
/// Grad    dy[n, k] = scale · (softmax(y[n])_k − [k = labelₙ]) (overwritten; optional); scale = 1/N for the batch's mean
/// Errors  ArgumentError: a label outside [0, K), with its position among those of the call; on a GPU, where the
///         host does not see labels, a loss of NaN instead
///
///   evaluate(workspace, y, labels, scale, dy, sums)
template <class Device>
struct CrossEntropy : detail::NoKernel<Device> {};

}  // namespace odot::kernels
