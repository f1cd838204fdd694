#pragma once
// SPDX-License-Identifier: MIT
// worst_of: the larger of two errors, where NaN is the worst.

#include <cmath>

namespace odot::test {

/// Where either is NaN the result is; std::max would lose it, and a check of the result would pass.
inline double worst_of(double a, double b) { return std::isnan(a) || a >= b ? a : b; }

}  // namespace odot::test
