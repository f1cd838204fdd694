#pragma once
// SPDX-License-Identifier: MIT
// Contract of a gradient's summary: what a training loop reports and checks.

#include <cstdint>
#include <span>

#include "odot/core/workspace.hpp"
#include "odot/kernels/kernel.hpp"

namespace odot::kernels {

/// Sum of some numbers, and how many of all are NaN or infinite.
struct GradientSummary {
  double sum = 0;
  std::int64_t non_finite = 0;
};

/// *summary = sum of `watched`, number of non-finite ones in `all`; spans and summary are memory of the device.
///
///   evaluate(workspace, watched, all, summary)
template <class Device>
struct Summary : detail::NoKernel {
  static_assert(detail::implemented<Device>,
                "odot::kernels::Summary: no kernel for this device; include odot/odot.hpp");
};

}  // namespace odot::kernels
