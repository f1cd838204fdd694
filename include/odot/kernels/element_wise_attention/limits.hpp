#pragma once
// SPDX-License-Identifier: MIT
// The numbers by which element-wise attention stays within a scalar's range, the same on every device.

#include <cstddef>
#include <limits>
#include <type_traits>

namespace odot::kernels::detail {

/// Exponents below it make a weight of 0, so small that a power of a key must not revive it.
template <class S>
inline constexpr S least_exponent = std::is_same_v<S, float> ? S(-87) : S(-700);

/// Larger than any k² that matters: the minimum over no tokens.
template <class S>
inline constexpr S no_minimum = std::numeric_limits<S>::max();

/// Factor on every weight exp(min k² − k²), so that sums and their products with powers of a query lie in the middle of
/// float's range. It cancels out of y.
template <class S>
inline constexpr S weight_scale = S{0x1p-40};

/// The largest query that is taken as it is: the order's root of 1e28 (double: 1e200).
template <class S>
constexpr S query_bound(std::size_t order) {
  const double limit = std::is_same_v<S, float> ? 1e28 : 1e200;
  double low = 0, high = std::is_same_v<S, float> ? 1e14 : 1e100;  // the root of order 2
  for (int halving = 0; halving < 400; ++halving) {
    const double middle = (low + high) / 2;
    double power = 1;
    for (std::size_t n = 0; n < order && power <= limit; ++n) power *= middle;
    (power <= limit ? low : high) = middle;
  }
  return static_cast<S>(low);
}

}  // namespace odot::kernels::detail
