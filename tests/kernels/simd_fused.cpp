// SPDX-License-Identifier: MIT
#include "odot/kernels/simd_fused.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <limits>

#include "odot/kernels/fused_multiply_add.hpp"
#include "odot/kernels/simd_packet.hpp"
#include "support/hash_uniform.hpp"

using odot::test::hash_uniform;
namespace kernels = odot::kernels;
namespace simd = odot::kernels::simd;

namespace {

template <class S>
bool same(S actual, S expected) {
  return actual == expected || (std::isnan(actual) && std::isnan(expected));
}

/// Lane by lane what plain numbers give.
template <class S>
void check(S a, S b, S c, S d, S e) {
  S lanes[simd::lanes<S>];
  simd::store(lanes, simd::fused_multiply_add(simd::all(a), simd::all(b), simd::all(c)));
  for (const S lane : lanes) CHECK(same(lane, kernels::fused_multiply_add(a, b, c)));
  simd::store(lanes, simd::fused_multiply_add(simd::all(a), simd::all(b), simd::all(c), simd::all(d), simd::all(e)));
  for (const S lane : lanes) CHECK(same(lane, kernels::fused_multiply_add(a, b, c, d, e)));
}

}  // namespace

TEST_CASE("products of floats less a number near them have one rounding") {
  for (std::size_t i = 0; i < 200; ++i) {
    const auto a = static_cast<float>(hash_uniform(2 * i)), b = static_cast<float>(hash_uniform(2 * i + 1));
    const double exact = static_cast<double>(a) * static_cast<double>(b);
    float lanes[simd::lanes<float>];
    simd::store(lanes, simd::fused_multiply_add(simd::all(a), simd::all(b), simd::all(-a * b)));
    for (const float lane : lanes) CHECK(lane == static_cast<float>(exact - static_cast<double>(a * b)));
  }
}

TEST_CASE_TEMPLATE("packets give what plain numbers give, whatever is infinite or NaN", S, float, double) {
  for (std::size_t i = 0; i < 100; ++i) {
    const auto number = [&](std::size_t k) { return static_cast<S>(hash_uniform(5 * i + k)); };
    const S a = number(0), b = number(1), c = number(2);
    check<S>(a, b, c, -(a * b + c), number(3) * std::numeric_limits<S>::epsilon());
  }
  const S specials[] = {S{0},
                        S{1},
                        S{-2},
                        std::numeric_limits<S>::infinity(),
                        -std::numeric_limits<S>::infinity(),
                        std::numeric_limits<S>::quiet_NaN()};
  for (const S c : specials)
    for (const S d : specials)
      for (const S e : specials) check<S>(3, 2, c, d, e);
}
