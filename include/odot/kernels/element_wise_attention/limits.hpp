#pragma once
// SPDX-License-Identifier: MIT
// The numbers by which element-wise attention stays within a scalar's range and precision, the same on every device.

#include <array>
#include <cstddef>
#include <limits>
#include <type_traits>

#include "odot/core/config.hpp"

namespace odot::kernels::detail {

/// A weight whose exponent is below this is 0, so that no power of a key can make it count again. The limit is the same
/// on every device, since a large enough query shows whether a weight is 0. (The full form has no powers; there the CPU
/// cuts off a little later, as softmax_exp does.)
template <class S>
inline constexpr S least_exponent = std::is_same_v<S, float> ? S(-87) : S(-700);

/// The minimum over no tokens: larger than any |k| that matters.
template <class S>
inline constexpr S no_minimum = (std::numeric_limits<S>::max)();

/// How far k² may fall below m², the square that weights are relative to. Weights stay below e⁴, and m² changes so
/// seldom that the rounding errors of the factors for each change do not add up.
template <class S>
inline constexpr S widest_gap = S{4};

/// A key further than this above the smallest one has weight 0: √(m² − least_exponent) < m + key_reach.
template <class S>
inline constexpr S key_reach = std::is_same_v<S, float> ? S(10) : S(27);

/// The scale of the keys lies between these powers of two.
template <class S>
inline constexpr S smallest_scale = S{0x1p-100};
template <class S>
inline constexpr S largest_scale = S{0x1p100};

/// c_n = 2ⁿ/n!
template <class S>
ODOT_HOST_DEVICE constexpr S series_factor(std::size_t n) {
  double factor = 1;
  for (std::size_t i = 1; i <= n; ++i) factor *= 2 / static_cast<double>(i);
  return static_cast<S>(factor);
}
/// c_0 … c_Order.
template <class S, std::size_t Order>
inline constexpr auto series_factors = [] {
  std::array<S, Order + 1> c{};
  for (std::size_t n = 0; n <= Order; ++n) c[n] = series_factor<S>(n);
  return c;
}();

/// The largest query, in units of 1/scale, whose powers are taken as they are: the order's root of 1e26 (double: 1e200).
/// Beyond, polynomials in the query are divided by its highest power.
template <class S>
constexpr S direct_bound(std::size_t order) {
  const double limit = std::is_same_v<S, float> ? 1e26 : 1e200;
  double low = 0, high = std::is_same_v<S, float> ? 1e13 : 1e100;  // the root of order 2
  for (int halving = 0; halving < 400; ++halving) {
    const double middle = (low + high) / 2;
    double power = 1;
    for (std::size_t n = 0; n < order && power <= limit; ++n) power *= middle;
    (power <= limit ? low : high) = middle;
  }
  return static_cast<S>(low);
}

}  // namespace odot::kernels::detail
