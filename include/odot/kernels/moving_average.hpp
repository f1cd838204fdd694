#pragma once
// SPDX-License-Identifier: MIT
// The moving average of numbers that change from step to step.

#include <span>

#include "odot/core/workspace.hpp"
#include "odot/kernels/parallel/contract.hpp"
#include "odot/kernels/split.hpp"

namespace odot::kernels {

namespace detail {

template <class S>
struct AverageUpdate {
  Split<S> kept;
  S added;
  const S* value;
  S* average;

  template <class Run>
  ODOT_HOST_DEVICE void operator()(const Run& run) const {
    if (kept.high == 0) return run.store(average, run.load(value));  // whatever lies there, even NaN, must not count
    const auto a = run.load(average);
    run.store(average, kept.high * a + (kept.low * a + added * run.load(value)));
  }
};

template <class S>
struct Exchange {
  S *a, *b;

  template <class Run>
  ODOT_HOST_DEVICE void operator()(const Run& run) const {
    const auto first = run.load(a), second = run.load(b);
    run.store(a, second);
    run.store(b, first);
  }
};

}  // namespace detail

/// average = decay · average + (1 − decay) · value, and the exchange of two arrays. Spans of equal length.
template <class Device>
struct MovingAverage {
  /// 1 − decay is taken in double, then rounded, as in Adam. A decay of 0 copies.
  template <class S>
  static void update(Workspace<Device>& workspace, double decay, std::span<const S> value, std::span<S> average) {
    Parallel<Device>::template map<S>(
        workspace, 1, value.size(),
        detail::AverageUpdate<S>{Split<S>(decay), static_cast<S>(1 - decay), value.data(), average.data()});
  }

  template <class S>
  static void exchange(Workspace<Device>& workspace, std::span<S> a, std::span<S> b) {
    Parallel<Device>::template map<S>(workspace, 1, a.size(), detail::Exchange<S>{a.data(), b.data()});
  }
};

}  // namespace odot::kernels
