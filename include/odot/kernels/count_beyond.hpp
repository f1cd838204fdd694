#pragma once
// SPDX-License-Identifier: MIT
// Numbers that are out of bounds, counted: what training loops and optimizers check in gradients.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

#include "odot/core/workspace.hpp"
#include "odot/kernels/parallel/contract.hpp"
#include "odot/kernels/parallel/terms.hpp"

namespace odot::kernels {

namespace detail {

/// Ones, which no sum rounds: few are added in S, all of them in double.
template <class S>
struct OnesBeyond {
  const S* values;
  S largest;  ///< finite
  std::int64_t* count;

  template <class Run>
  ODOT_HOST_DEVICE auto operator()(const Run& run) const {
    const auto value = run.load(values);
    return select(abs(value) <= largest, run.number(0), 1);  // NaN is not below
  }
  ODOT_HOST_DEVICE void finish(std::size_t, const Terms<double, 1>& totals) const {
    *count = static_cast<std::int64_t>(totals[0]);
  }
};

}  // namespace detail

/// *count = how many of `values` are NaN, infinite or of a larger absolute value than `largest`; all are memory of the device.
template <class Device>
struct CountBeyond {
  template <class S>
  static void evaluate(Workspace<Device>& workspace, std::span<const S> values, S largest, std::int64_t* count) {
    Parallel<Device>::template reduce_rows<S>(
        workspace, 1, values.size(),
        detail::OnesBeyond<S>{values.data(), (std::min)(largest, (std::numeric_limits<S>::max)()), count});
  }
};

}  // namespace odot::kernels
