#pragma once
// SPDX-License-Identifier: MIT
// A gradient's summary: what a training loop reports, and what it and the optimizers check.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

#include "odot/core/workspace.hpp"
#include "odot/kernels/parallel/contract.hpp"
#include "odot/kernels/parallel/terms.hpp"

namespace odot::kernels {

/// Sum of some numbers, and how many of all are out of bounds.
struct GradientSummary {
  double sum = 0;
  std::int64_t beyond = 0;
};

namespace detail {

/// Added in double.
template <class S>
struct SumOfWatched {
  const S* values;
  GradientSummary* summary;

  template <class Run>
  ODOT_HOST_DEVICE auto operator()(const Run& run) const {
    return run.load(values);
  }
  ODOT_HOST_DEVICE void finish(std::size_t, const Terms<double, 1>& totals) const { summary->sum = totals[0]; }
};

/// Ones, which no sum rounds: few are added in S, all of them in double.
template <class S>
struct CountBeyond {
  const S* values;
  S largest;  ///< finite
  GradientSummary* summary;

  template <class Run>
  ODOT_HOST_DEVICE auto operator()(const Run& run) const {
    const auto value = run.load(values);
    return select(abs(value) <= largest, run.number(0), 1);  // NaN is not below
  }
  ODOT_HOST_DEVICE void finish(std::size_t, const Terms<double, 1>& totals) const {
    summary->beyond = static_cast<std::int64_t>(totals[0]);
  }
};

}  // namespace detail

/// *summary = sum of `watched`, number of those in `all` that are NaN, infinite or of a larger absolute value than
/// `largest`; spans and summary are memory of the device.
template <class Device>
struct Summary {
  template <class S>
  static void evaluate(Workspace<Device>& workspace, std::span<const S> watched, std::span<const S> all, S largest,
                       GradientSummary* summary) {
    Parallel<Device>::template reduce_rows<double>(workspace, 1, watched.size(),
                                                   detail::SumOfWatched<S>{watched.data(), summary});
    count(workspace, all, largest, summary);
  }

  /// The number alone.
  template <class S>
  static void count(Workspace<Device>& workspace, std::span<const S> all, S largest, GradientSummary* summary) {
    Parallel<Device>::template reduce_rows<S>(
        workspace, 1, all.size(),
        detail::CountBeyond<S>{all.data(), (std::min)(largest, (std::numeric_limits<S>::max)()), summary});
  }
};

}  // namespace odot::kernels
