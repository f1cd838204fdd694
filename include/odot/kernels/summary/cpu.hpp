#pragma once
// SPDX-License-Identifier: MIT
// A gradient's summary on the CPU: one thread, in order.

#include <algorithm>
#include <cmath>

#include "odot/kernels/summary/summary.hpp"

namespace odot::kernels {

template <>
struct Summary<Cpu> {
  template <class S>
  static void evaluate(Workspace<Cpu>&, std::span<const S> watched, std::span<const S> all, GradientSummary* summary) {
    summary->sum = 0;
    for (const S value : watched) summary->sum += static_cast<double>(value);
    summary->non_finite = std::ranges::count_if(all, [](S value) { return !std::isfinite(value); });
  }
};

}  // namespace odot::kernels
