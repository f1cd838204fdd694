#pragma once
// SPDX-License-Identifier: MIT
// Contract of a gradient's summary: what a training loop reports, and what it and the optimizers check.

#include <cstdint>
#include <span>

#include "odot/core/workspace.hpp"
#include "odot/kernels/kernel.hpp"

namespace odot::kernels {

/// Sum of some numbers, and how many of all are out of bounds.
struct GradientSummary {
  double sum = 0;
  std::int64_t beyond = 0;
};

/// *summary = sum of `watched`, number of those in `all` that are NaN, infinite or of a larger absolute value than
/// `largest`; spans and summary are memory of the device.
///
///   evaluate(workspace, watched, all, largest, summary)
template <class Device>
struct Summary : detail::NoKernel<Device> {};

}  // namespace odot::kernels
