#pragma once
// SPDX-License-Identifier: MIT
// Pixels at places between those of a picture.

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "odot/core/config.hpp"

namespace odot::kernels::detail {

/// Bilinear interpolation in a plane [H, W].
template <std::size_t H, std::size_t W>
struct BetweenPixels {
  /// At the places (x, y) of a run of all lanes, 0 ≤ x ≤ W − 1 and 0 ≤ y ≤ H − 1; in the plane's units.
  template <class Run, class T, class Number>
  static ODOT_HOST_DEVICE Number at(const Run& run, const T* plane, const Number& x, const Number& y) {
    constexpr std::integral_constant<std::size_t, H> rows;
    constexpr std::integral_constant<std::size_t, W> columns;
    if constexpr (requires { between_pixels(plane, x, y, rows, columns); })
      return between_pixels(plane, x, y, rows, columns);
    else return one_by_one(run, plane, x, y);
  }

 private:
  template <class Run, class T, class Number>
  static ODOT_HOST_DEVICE Number one_by_one(const Run& run, const T* plane, const Number& x, const Number& y) {
    using S = typename Number::scalar;
    constexpr std::size_t lanes = Number::count;
    // The last place lies between the last two pixels; where there is only one, between it and itself.
    constexpr auto width = static_cast<std::int32_t>(W);
    constexpr std::int32_t last_row = H > 1 ? static_cast<std::int32_t>(H) - 2 : 0, last_column = W > 1 ? width - 2 : 0;
    constexpr std::int32_t beside = W > 1 ? 1 : 0, below = H > 1 ? width : 0;
    S places_x[lanes], places_y[lanes], a[lanes], b[lanes], c[lanes], d[lanes], right[lanes], down[lanes];
    run.store_to(places_x, x);
    run.store_to(places_y, y);
    ODOT_UNROLL
    for (std::size_t l = 0; l < lanes; ++l) {
      const auto i = least(static_cast<std::int32_t>(places_y[l]), last_row),
                 j = least(static_cast<std::int32_t>(places_x[l]), last_column);
      const T* const from = plane + (i * width + j);
      a[l] = static_cast<S>(from[0]);
      b[l] = static_cast<S>(from[beside]);
      c[l] = static_cast<S>(from[below]);
      d[l] = static_cast<S>(from[below + beside]);
      right[l] = places_x[l] - static_cast<S>(j);
      down[l] = places_y[l] - static_cast<S>(i);
    }
    const auto between = [](const Number& from, const Number& to, const Number& share) {
      return from + (to - from) * share;
    };
    const Number share = run.load_from(right);
    return between(between(run.load_from(a), run.load_from(b), share),
                   between(run.load_from(c), run.load_from(d), share), run.load_from(down));
  }
  static ODOT_HOST_DEVICE std::int32_t least(std::int32_t a, std::int32_t b) { return a < b ? a : b; }
};

}  // namespace odot::kernels::detail
