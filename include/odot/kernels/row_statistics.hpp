#pragma once
// SPDX-License-Identifier: MIT
// Mean and deviation of a row, as the normalisations of rows need them.

#include <cmath>
#include <cstddef>
#include <type_traits>

#include "odot/core/config.hpp"
#include "odot/kernels/parallel/terms.hpp"

namespace odot::kernels::detail {

/// x̂ = (x − mean) · rstd + rest. rstd is 1/√(variance + eps), rest what the mean's own rounding would cost.
template <class S>
struct RowStatistics {
  S mean, rstd, rest;
};

/// Of a row of D numbers of x; `row` is that of a program of Parallel::each_row. Numbers of any size, unless NaN or infinite.
template <std::size_t D, class Row, class S>
ODOT_HOST_DEVICE RowStatistics<S> row_statistics(const Row& row, const S* x, double eps) {
  const auto total = row.joined_sums([&](const auto& run) { return run.load(x); })[0];  // an S, or a double
  using Total = std::remove_const_t<decltype(total)>;
  constexpr Total share = 1 / static_cast<Total>(D);
  S mean = static_cast<S>(total * share);
  const auto sums = row.joined_sums([&](const auto& run) {
    const auto deviation = run.load(x) - mean;
    return terms(deviation, deviation * deviation);
  });
  // How far the mean is off, which matters where the numbers are large compared to their deviations.
  const Total off = sums[0] * share;
  S rest = static_cast<S>(-off);
  const Total squares = sums[1] * share, variance = squares - off * off;  // below 0 by rounding alone
  S rstd = static_cast<S>(1 / std::sqrt((variance < 0 ? 0 : variance) + static_cast<Total>(eps)));
  // S can't hold the squares: divide all numbers by the largest one. (NaN and infinity give NaN.)
  if (!(rstd > 0)) {
    const S largest = row.largest([&](const auto& run) { return abs(run.load(x)); });
    const S mean_share =
        static_cast<S>(row.joined_sums([&](const auto& run) { return run.load(x) / largest; })[0] * share);
    const auto divided = row.joined_sums([&](const auto& run) {
      const auto deviation = run.load(x) / largest - mean_share;
      return deviation * deviation;
    });
    const double deviation = std::sqrt(static_cast<double>(divided[0] * share)) * static_cast<double>(largest);
    mean = mean_share * largest;
    rest = S{0};
    rstd = static_cast<S>(1 / std::hypot(deviation, std::sqrt(eps)));
  }
  return {mean, rstd, rest * rstd};
}

}  // namespace odot::kernels::detail
