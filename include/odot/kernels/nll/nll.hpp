#pragma once
// SPDX-License-Identifier: MIT
// Contract of the negative log-likelihood.

#include <cstdint>

#include "odot/core/view.hpp"
#include "odot/core/workspace.hpp"
#include "odot/kernels/kernel.hpp"

namespace odot::kernels {

/// What a loss adds up over samples.
struct LossSums {
  double loss = 0;           ///< Σ over the samples, nats
  std::int64_t correct = 0;  ///< samples whose largest output is the label's
  std::int64_t samples = 0;
};

/// Negative log-likelihood of the labels under log-probabilities y: Σₙ −y[n, labelₙ].
/// Shapes  y [N, K], labels [N] → *sums (added to)
/// Grad    dy[n, k] = −scale where k = labelₙ, else 0 (overwritten; optional); scale = 1/N for the mean over a batch
/// Errors  ArgumentError: a label outside [0, K), with its position among those of the call; on a GPU, where the
///         host does not see labels, a loss of NaN instead
///
///   evaluate(workspace, y, labels, scale, dy, sums)
template <class Device>
struct NegativeLogLikelihood : detail::NoKernel {
  static_assert(detail::implemented<Device>,
                "odot::kernels::NegativeLogLikelihood: no kernel for this device; include odot/odot.hpp");
};

}  // namespace odot::kernels
