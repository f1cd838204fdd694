// SPDX-License-Identifier: MIT
#include "odot/kernels/simd_packet.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

namespace simd = odot::kernels::simd;

namespace {

/// op of a register of equal values, as numbers.
template <class S, class Op>
std::vector<S> lanes_of(S value, const Op& op) {
  std::vector<S> result(simd::lanes<S>);
  simd::store(result.data(), op(simd::all(value)));
  return result;
}

template <class S>
void check_exponential(S tolerance) {
  for (S x = -80; x <= 80; x += S{0.375})
    for (const S y : lanes_of(x, [](const auto& p) { return simd::exp(p); })) {
      const S expected = std::exp(x);
      CHECK(std::abs(y - expected) <= tolerance * expected);
    }
}

template <class S>
void check_logarithm(S tolerance) {
  for (S x = S{0x1p-20}; x <= S{0x1p20}; x *= S{1.75})
    for (const S y : lanes_of(x, [](const auto& p) { return simd::log(p); }))
      CHECK(std::abs(y - std::log(x)) <= tolerance * (1 + std::abs(std::log(x))));
}

}  // namespace

TEST_CASE("exponentials and logarithms are as exact as the type") {
  check_exponential<float>(4e-7f);
  check_exponential<double>(1e-15);
  check_logarithm<float>(4e-7f);
  check_logarithm<double>(1e-15);
}

TEST_CASE("the exponential of NaN is NaN, and that of a very negative number next to nothing") {
  for (const float y : lanes_of(std::numeric_limits<float>::quiet_NaN(), [](const auto& p) { return simd::exp(p); }))
    CHECK(std::isnan(y));
  for (const float y : lanes_of(-1e30f, [](const auto& p) { return simd::exp(p); })) {
    CHECK(y >= 0);
    CHECK(y <= 1e-37f);
  }
}

TEST_CASE("arithmetic is by lane, and the sum goes over all of them") {
  const auto three = simd::all(3.0f), two = simd::all(2.0f);
  std::vector<float> values(simd::lanes<float>);
  const auto check = [&](const auto& packet, float expected) {
    simd::store(values.data(), packet);
    for (const float value : values) CHECK(value == expected);
  };
  check(simd::add(three, two), 5);
  check(simd::subtract(three, two), 1);
  check(simd::multiply(three, two), 6);
  check(simd::divide(three, two), 1.5f);
  check(simd::larger(three, two), 3);
  check(simd::multiply_add(three, two, two), 8);
  CHECK(simd::sum(three) == 3 * static_cast<float>(simd::lanes<float>));
}
