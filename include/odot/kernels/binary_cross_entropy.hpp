#pragma once
// SPDX-License-Identifier: MIT
// The binary cross-entropy of logits.

#include <cstddef>
#include <cstdint>
#include <span>

#include "odot/core/view.hpp"
#include "odot/kernels/loss_sums.hpp"
#include "odot/kernels/parallel/contract.hpp"
#include "odot/kernels/parallel/terms.hpp"

namespace odot::kernels {

namespace detail {

/// Sums up the elements' losses in double, and computes the gradient in the same pass.
template <class S>
struct BinaryCrossEntropyElements {
  const S *y, *targets;
  const S* weights;  ///< of the positive targets of a sample's elements; null: 1
  std::size_t weight_count;
  double scale;  ///< of an element
  S* dy;
  LossSums* sums;
  std::size_t samples, per_sample;

  template <class Run>
  ODOT_HOST_DEVICE auto operator()(const Run& run) const {
    const auto x = run.load(y), t = run.load(targets);
    const auto positive = t * positive_weight(run), negative = 1 - t;
    // With q = exp(−|x|), which does not overflow: σ(|x|) = 1/(1 + q), σ(−|x|) = q/(1 + q),
    // −log σ(|x|) = log(1 + q), −log σ(−|x|) = log(1 + q) + |x|
    const auto size = abs(x), q = exp(-size), shared = log1p(q);
    const auto likely = 1 / (q + 1), unlikely = q * likely;
    const auto is_negative = x < 0;
    if (dy)
      run.store(dy,
                (negative * select(is_negative, unlikely, likely) - positive * select(is_negative, likely, unlikely)) *
                    scale);
    return positive * (shared + select(is_negative, size, 0)) + negative * (shared + select(is_negative, 0, size));
  }

  ODOT_HOST_DEVICE void finish(std::size_t, const Terms<double, 1>& totals) const {
    sums->loss += totals[0] / static_cast<double>(per_sample);
    sums->samples += static_cast<std::int64_t>(samples);
  }

 private:
  template <class Run>
  ODOT_HOST_DEVICE auto positive_weight(const Run& run) const {
    if (!weights) return run.number(1);
    if (weight_count == 1) return run.number(static_cast<double>(*weights));
    return run.generate([&](std::size_t l) { return weights[(run.offset + l) % weight_count]; });
  }
};

}  // namespace detail

/// Mean binary cross-entropy of each sample's elements, whose probabilities are σ(y): Σₙ (1/K) Σ_k ℓ(y[n, k], t[n, k]),
/// ℓ(x, t) = −p t log σ(x) − (1 − t) log σ(−x), σ(x) = 1/(1 + exp(−x)), p the positives' weight.
/// Shapes  y [N, …], targets as y, from 0 to 1, K elements per sample; weights: none, 1 or K → *sums (added to)
/// Grad    dy = scale/K · ((1 − t) σ(y) − p t σ(−y)) (overwritten; optional); scale = 1/N for the mean over the batch's
///         elements
/// Source  same convention as torch.nn.BCEWithLogitsLoss(pos_weight=p)
template <class Device>
struct BinaryCrossEntropy {
  template <ShapeType Sh, class S>
  static void evaluate(Workspace<Device>& workspace, BatchView<Sh, const S, Device> y, std::span<const S> targets,
                       std::span<const S> weights, S scale, BatchView<Sh, S, Device> dy, LossSums* sums) {
    Parallel<Device>::template reduce_rows<double>(
        workspace, 1, y.size(),
        detail::BinaryCrossEntropyElements<S>{y.data(), targets.data(), weights.data(), weights.size(),
                                              static_cast<double>(scale / static_cast<S>(Sh::size)), dy.data(), sums,
                                              y.samples(), Sh::size});
  }
};

}  // namespace odot::kernels
