#pragma once
// SPDX-License-Identifier: MIT
// The losses of regression.

#include <cstddef>
#include <cstdint>
#include <span>

#include "odot/core/view.hpp"
#include "odot/kernels/loss_sums.hpp"
#include "odot/kernels/parallel/contract.hpp"
#include "odot/kernels/parallel/terms.hpp"

namespace odot::kernels {

/// The loss of a difference d of output and target: d², |d|, or Huber's d²/2 up to |d| = δ and δ (|d| − δ/2) beyond.
enum class Deviation { squared, absolute, huber };

namespace detail {

/// Sums up deviations, in double; the gradient on the way.
template <Deviation Kind, class S>
struct RegressionElements {
  const S *y, *targets;
  double scale;  ///< of an element
  S* dy;
  LossSums* sums;
  std::size_t samples, per_sample;
  double delta;  ///< Huber's

  template <class Run>
  ODOT_HOST_DEVICE auto operator()(const Run& run) const {
    const auto difference = run.load(y) - run.load(targets);
    if constexpr (Kind == Deviation::squared) {
      if (dy) run.store(dy, difference * (2 * scale));
      return difference * difference;
    } else if constexpr (Kind == Deviation::huber) {
      const auto size = abs(difference);
      const auto inside = size <= delta;
      if (dy) {
        const auto outside = select(difference > 0, run.number(delta), select(difference < 0, -delta, difference));
        run.store(dy, select(inside, difference, outside) * scale);
      }
      return select(inside, difference * difference * 0.5, (size - 0.5 * delta) * delta);
    } else {
      // sign(d): NaN stays NaN
      if (dy)
        run.store(dy, select(difference > 0, run.number(scale), select(difference < 0, -scale, difference * scale)));
      return abs(difference);
    }
  }
  ODOT_HOST_DEVICE void finish(std::size_t, const Terms<double, 1>& totals) const {
    sums->loss += totals[0] / static_cast<double>(per_sample);
    sums->samples += static_cast<std::int64_t>(samples);
  }
};

}  // namespace detail

/// Mean deviation of each sample's outputs from its targets: Σₙ (1/K) Σ_k deviation(y[n, k] − target[n, k]).
/// Shapes  y [N, …], targets as y, K elements per sample → *sums (added to; none is correct)
/// Grad    d = y − target: dy = scale · 2d/K, or scale · sign(d)/K with 0 at 0, or scale · d/K with d from −δ to δ
///         (overwritten; optional); scale = 1/N for the mean over the batch's elements
template <class Device>
struct RegressionLoss {
  template <ShapeType Sh, class S>
  static void evaluate(Workspace<Device>& workspace, Deviation deviation, BatchView<Sh, const S, Device> y,
                       std::span<const S> targets, S scale, BatchView<Sh, S, Device> dy, LossSums* sums,
                       double delta = 1) {
    const auto add = [&]<Deviation Kind>() {
      Parallel<Device>::template reduce_rows<double>(
          workspace, 1, y.size(),
          detail::RegressionElements<Kind, S>{y.data(), targets.data(),
                                              static_cast<double>(scale / static_cast<S>(Sh::size)), dy.data(), sums,
                                              y.samples(), Sh::size, delta});
    };
    if (deviation == Deviation::squared) add.template operator()<Deviation::squared>();
    else if (deviation == Deviation::absolute) add.template operator()<Deviation::absolute>();
    else add.template operator()<Deviation::huber>();
  }
};

}  // namespace odot::kernels
