#pragma once
// SPDX-License-Identifier: MIT
// Compares arrays element by element. CHECK(difference(actual, expected, 1e-12) == "") prints the first mismatch.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <ranges>
#include <string>

namespace odot::test {

/// "" where every |actual[i] − expected[i]| ≤ bound and both are finite, else how many are not and the first of them.
template <std::ranges::random_access_range Actual, std::ranges::random_access_range Expected>
std::string difference_within(const Actual& actual, const Expected& expected, double bound) {
  const auto n = static_cast<std::size_t>(std::ranges::size(actual));
  if (n != static_cast<std::size_t>(std::ranges::size(expected)))
    return std::to_string(n) + " elements instead of " + std::to_string(std::ranges::size(expected));
  std::size_t wrong = 0;
  char first[160] = "";
  for (std::size_t i = 0; i < n; ++i) {
    const auto a = static_cast<double>(std::ranges::begin(actual)[static_cast<std::ptrdiff_t>(i)]);
    const auto e = static_cast<double>(std::ranges::begin(expected)[static_cast<std::ptrdiff_t>(i)]);
    if (std::isfinite(a) && std::isfinite(e) && std::abs(a - e) <= bound) continue;
    if (wrong++ == 0) std::snprintf(first, sizeof first, "[%zu]: %.12g instead of %.12g, bound %.2g", i, a, e, bound);
  }
  return wrong == 0 ? "" : std::to_string(wrong) + " of " + std::to_string(n) + " elements differ, first " + first;
}

/// The same with a bound of `tolerance` times the largest |expected|. Complains where all that is expected is zero,
/// since such a comparison shows nothing.
template <std::ranges::random_access_range Actual, std::ranges::random_access_range Expected>
std::string difference(const Actual& actual, const Expected& expected, double tolerance) {
  double largest = 0;
  for (const auto e : expected) largest = std::max(largest, std::abs(static_cast<double>(e)));
  if (!(largest > 0)) return "all that is expected is zero";
  return difference_within(actual, expected, tolerance * largest);
}

/// The same of numbers that need not be finite: NaN where NaN is expected, NaN or infinite where infinite is, elsewhere within
/// `tolerance` times the largest finite |expected|.
template <std::ranges::random_access_range Actual, std::ranges::random_access_range Expected>
std::string difference_beside_nan(const Actual& actual, const Expected& expected, double tolerance) {
  double largest = 0;
  for (const auto e : expected)
    if (std::isfinite(e)) largest = std::max(largest, std::abs(static_cast<double>(e)));
  const auto n = static_cast<std::size_t>(std::ranges::size(actual));
  if (n != static_cast<std::size_t>(std::ranges::size(expected))) return "another number of elements";
  std::size_t wrong = 0;
  char first[160] = "";
  for (std::size_t i = 0; i < n; ++i) {
    const auto a = static_cast<double>(std::ranges::begin(actual)[static_cast<std::ptrdiff_t>(i)]);
    const auto e = static_cast<double>(std::ranges::begin(expected)[static_cast<std::ptrdiff_t>(i)]);
    const bool right = std::isnan(e)   ? std::isnan(a)
                       : std::isinf(e) ? !std::isfinite(a)
                                       : std::isfinite(a) && std::abs(a - e) <= tolerance * largest;
    if (!right && wrong++ == 0) std::snprintf(first, sizeof first, "[%zu]: %.12g instead of %.12g", i, a, e);
  }
  return wrong == 0 ? "" : std::to_string(wrong) + " of " + std::to_string(n) + " elements differ, first " + first;
}

}  // namespace odot::test
