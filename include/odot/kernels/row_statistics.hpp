#pragma once
// SPDX-License-Identifier: MIT
// Mean and deviation of a row, for normalisations of rows.

#include <cmath>
#include <cstddef>
#include <type_traits>

#include "odot/core/config.hpp"
#include "odot/kernels/parallel/terms.hpp"

namespace odot::kernels::detail {

/// x̂ = (x − mean) · rstd + rest. rstd is 1/√(variance + eps), rest corrects for the rounding of the mean.
template <class S>
struct RowStatistics {
  S mean, rstd, rest;
};

/// row_statistics where S can't hold the squares: all numbers are divided by the largest |x|. (NaN and infinity give
/// NaN.)
template <std::size_t D, class Row, class S>
ODOT_HOST_DEVICE RowStatistics<S> divided_row_statistics(const Row& row, const S* x, double eps) {
  const S largest = row.largest([&](const auto& run) { return abs(run.load(x)); });
  const auto total = row.joined_sums([&](const auto& run) { return run.load(x) / largest; })[0];
  using Total = std::remove_const_t<decltype(total)>;
  constexpr Total share = 1 / static_cast<Total>(D);
  const S mean_share = static_cast<S>(total * share);
  const auto squares = row.joined_sums([&](const auto& run) {
    const auto deviation = run.load(x) / largest - mean_share;
    return deviation * deviation;
  });
  const double deviation = std::sqrt(static_cast<double>(squares[0] * share)) * static_cast<double>(largest);
  return {mean_share * largest, static_cast<S>(1 / std::hypot(deviation, std::sqrt(eps))), S{0}};
}

/// Calls use(statistics, deviation) for a row of D numbers of x; deviation(run) is x − mean. `row` is what
/// Parallel::each_row gives a program. Finite numbers of any size are handled.
template <std::size_t D, class Row, class S, class Use>
ODOT_HOST_DEVICE void with_row_statistics(const Row& row, const S* x, double eps, const Use& use) {
  const auto total = row.joined_sums([&](const auto& run) { return run.load(x); })[0];  // an S, or a double
  using Total = std::remove_const_t<decltype(total)>;
  constexpr Total share = 1 / static_cast<Total>(D);
  const S mean = static_cast<S>(total * share);
  const auto deviation = row.keep([&](const auto& run) { return run.load(x) - mean; });
  const auto sums =
      row.joined_sums([&](const auto& run) { return terms(deviation(run), deviation(run) * deviation(run)); });
  // How far the mean is off, which matters where the numbers are large compared to their deviations.
  const Total off = sums[0] * share;
  const Total least = static_cast<Total>(eps), squares = sums[1] * share;
  const Total with_eps = (squares - off * off) + least;  // below eps only by rounding
  const S rstd = static_cast<S>(1 / std::sqrt(least > with_eps ? least : with_eps));
  if (rstd > 0) {
    use(RowStatistics<S>{mean, rstd, static_cast<S>(-off) * rstd}, deviation);
  } else {
    const RowStatistics<S> divided = divided_row_statistics<D>(row, x, eps);
    use(divided, [&](const auto& run) { return run.load(x) - divided.mean; });
  }
}

/// The statistics alone.
template <std::size_t D, class Row, class S>
ODOT_HOST_DEVICE RowStatistics<S> row_statistics(const Row& row, const S* x, double eps) {
  RowStatistics<S> found;
  with_row_statistics<D>(row, x, eps, [&](const RowStatistics<S>& of_row, const auto&) { found = of_row; });
  return found;
}

}  // namespace odot::kernels::detail
