#pragma once
// SPDX-License-Identifier: MIT
// Subnormal numbers: processors need a hundred cycles or more for each.

#include <limits>

#include "odot/core/config.hpp"

namespace odot::kernels {

/// Below it a moment becomes 0. A mean that decays, and to which nothing is added any more, would otherwise end at a subnormal
/// number and stay there.
template <class S>
inline constexpr S least_moment = (std::numeric_limits<S>::min)();

/// x, or 0 where |x| < least. NaN stays.
template <class Number, class S>
ODOT_HOST_DEVICE Number without_tiny(const Number& x, S least) {
  return select(abs(x) < least, 0, x);
}

}  // namespace odot::kernels
