// SPDX-License-Identifier: MIT
#include "odot/kernels/compensated.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

#include "odot/kernels/simd.hpp"

namespace kernels = odot::kernels;
namespace simd = odot::kernels::simd;

namespace {

template <class S>
constexpr S infinity = std::numeric_limits<S>::infinity();
template <class S>
constexpr S largest = std::numeric_limits<S>::max();
template <class S>
constexpr S not_a_number = std::numeric_limits<S>::quiet_NaN();

/// Sums of the terms by numbers, and by packets whose other lanes add up ones: these must not notice.
template <class S>
S sum_of(const std::vector<S>& terms) {
  S sum{0}, lost{0};
  for (const S term : terms) kernels::add_compensated(sum, lost, term);

  constexpr std::size_t L = simd::lanes<S>;
  for (std::size_t lane = 0; lane < L; ++lane) {
    S lanes[L];
    auto sums = simd::all(S{0}), rest = sums;
    for (const S term : terms) {
      for (std::size_t l = 0; l < L; ++l) lanes[l] = l == lane ? term : S{1};
      kernels::add_compensated(sums, rest, simd::load(lanes));
    }
    simd::store(lanes, sums);
    for (std::size_t l = 0; l < L; ++l) {
      if (l != lane) CHECK(lanes[l] == static_cast<S>(terms.size()));
      else CHECK((lanes[l] == sum || (std::isnan(lanes[l]) && std::isnan(sum))));
    }
  }
  return sum;
}

}  // namespace

TEST_CASE_TEMPLATE("small terms are not lost beside a large sum", S, float, double) {
  const S small = std::numeric_limits<S>::epsilon() / 4;
  std::vector<S> terms(1 + 4000, small);
  terms[0] = 1;
  CHECK(sum_of(terms) == 1 + 4000 * small);
}

TEST_CASE_TEMPLATE("an infinite term stays, first, last or between others", S, float, double) {
  for (const S infinite : {infinity<S>, -infinity<S>})
    for (const std::size_t at : {0u, 1u, 3u, 6u}) {
      CAPTURE(at);
      std::vector<S> terms(7, S(0.1));
      terms[at] = infinite;
      CHECK(sum_of(terms) == infinite);
      terms[5] = infinite;
      CHECK(sum_of(terms) == infinite);
    }
}

TEST_CASE_TEMPLATE("finite terms that overflow add up to infinity, whatever follows", S, float, double) {
  for (const S sign : {S{1}, S{-1}}) {
    CHECK(sum_of<S>({sign * largest<S>, sign * largest<S>}) == sign * infinity<S>);
    CHECK(sum_of<S>({sign * largest<S>, sign * largest<S>, 1, 1, -sign * largest<S>}) == sign * infinity<S>);
    CHECK(sum_of<S>({sign * largest<S> / 2, sign * largest<S> / 2, sign * largest<S> / 2, 1}) == sign * infinity<S>);
  }
}

TEST_CASE_TEMPLATE("sums near the largest number are finite where they are in the type itself", S, float, double) {
  CHECK(sum_of<S>({largest<S>, -largest<S>, 1}) == 1);
  CHECK(sum_of<S>({largest<S>, 1, 1, -largest<S>, largest<S>}) == largest<S>);
  const S unit = std::ldexp(S{1}, std::numeric_limits<S>::max_exponent - std::numeric_limits<S>::digits - 1);
  CHECK(std::isfinite(sum_of<S>({-3 * unit, largest<S>, 1, 1})));  // halfway between two numbers
}

TEST_CASE_TEMPLATE("infinities of both signs are NaN, and NaN stays", S, float, double) {
  CHECK(std::isnan(sum_of<S>({infinity<S>, -infinity<S>})));
  CHECK(std::isnan(sum_of<S>({-infinity<S>, 1, 1, infinity<S>, 1})));
  CHECK(std::isnan(sum_of<S>({1, not_a_number<S>, 1, 1})));
  CHECK(std::isnan(sum_of<S>({infinity<S>, not_a_number<S>, infinity<S>, 1})));
}
