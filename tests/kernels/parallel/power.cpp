// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <limits>

#include "odot/core/random.hpp"
#include "odot/kernels/parallel/cpu/packed.hpp"

using odot::kernels::Packed;
namespace simd = odot::kernels::simd;

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();

/// xʸ in one lane of a register; the others hold `besides`.
template <class S>
S power(S x, S y, std::size_t lane = 0, S besides = S(0.75)) {
  using Number = Packed<S>;
  constexpr std::size_t lanes = simd::lanes<S>;
  if constexpr (lanes > 1) {
    S bases[lanes], exponents[lanes];
    for (std::size_t l = 0; l < lanes; ++l) bases[l] = exponents[l] = besides;
    bases[lane % lanes] = x;
    exponents[lane % lanes] = y;
    simd::store(bases, pow(Number(simd::load<S>(bases)), Number(simd::load<S>(exponents))).packet);
    return bases[lane % lanes];
  } else {
    return pow(Number(x), Number(y)).values[0];
  }
}

/// The same class, sign and number; NaN is NaN.
bool is_same(float found, float expected) {
  if (std::isnan(expected)) return std::isnan(found);
  return found == expected && std::signbit(found) == std::signbit(expected);
}

}  // namespace

TEST_CASE("powers of floats differ from those in double by half a digit of a float") {
  const odot::Random random(odot::Seed{3}, 1);
  double worst = 0;
  std::size_t compared = 0;
  for (std::size_t i = 0; i < 400'000; ++i) {
    const double u = random.uniform(2 * i), v = random.uniform(2 * i + 1);
    // Numbers of all sizes; numbers near 1 to large powers; whole powers of negative numbers.
    const float x = i % 3 == 0   ? static_cast<float>(std::exp(180 * u - 90))
                    : i % 3 == 1 ? static_cast<float>(0.5 + u)
                                 : static_cast<float>(-20 * u);
    const float y = i % 3 == 2 ? static_cast<float>(std::floor(40 * v - 20)) : static_cast<float>(60 * v - 30);
    const double expected = std::pow(static_cast<double>(x), static_cast<double>(y));
    if (!(std::abs(expected) > 1.2e-38 && std::abs(expected) < 3.4e38)) continue;
    const double error = std::abs(static_cast<double>(power(x, y)) - expected) / std::abs(expected);
    if (!(error <= worst)) worst = error;
    ++compared;
  }
  CHECK(compared > 200'000);
  CHECK(worst <= 1.2e-7);  // std::pow of floats, where there are no registers of doubles
  if constexpr (simd::lanes<double> > 1) CHECK(worst <= 6.1e-8);
}

TEST_CASE("powers of 0, infinities, NaN, negative and very small numbers are those of std::pow") {
  const float least = std::numeric_limits<float>::denorm_min(), largest = (std::numeric_limits<float>::max)();
  const float bases[] = {0.0f,   -0.0f,  1.0f,     -1.0f,     0.5f,         -0.5f, 2.0f,   -2.0f,   -3.7f,
                         1e-30f, -1e30f, infinity, -infinity, not_a_number, least, -least, largest, -largest};
  const float exponents[] = {0.0f,     -0.0f,       1.0f,         -1.0f,       2.0f,         3.0f,       -2.0f,
                             -3.0f,    0.5f,        -0.5f,        1.0f / 3,    1e9f,         -1e9f,      1e30f,
                             -1e30f,   16777215.0f, 16777216.0f,  16777218.0f, -16777215.0f, 8388607.5f, 8388609.0f,
                             infinity, -infinity,   not_a_number, least,       largest};
  for (const float x : bases)
    for (const float y : exponents) {
      CAPTURE(x);
      CAPTURE(y);
      const float expected = std::pow(x, y), found = power(x, y);
      const bool is_plain = std::isfinite(expected) && expected != 0;
      CHECK((is_plain ? std::abs(found - expected) <= 2e-7f * std::abs(expected) : is_same(found, expected)));
    }
}

TEST_CASE("results below the normal numbers, and those beyond the largest one") {
  CHECK(power(2.0f, -149.0f) == std::numeric_limits<float>::denorm_min());
  CHECK(power(2.0f, -140.0f) == std::pow(2.0f, -140.0f));
  CHECK(power(2.0f, -160.0f) == 0);
  CHECK(power(2.0f, 127.0f) == std::pow(2.0f, 127.0f));
  CHECK(power(2.0f, 128.0f) == infinity);
  CHECK(power(-2.0f, 129.0f) == -infinity);
}

TEST_CASE_TEMPLATE("a power's bits depend on its own numbers alone", S, float, double) {
  const odot::Random random(odot::Seed{5}, 2);
  for (std::size_t i = 0; i < 2000; ++i) {
    const S x = static_cast<S>(4 * random.uniform(2 * i) - 1), y = static_cast<S>(6 * random.uniform(2 * i + 1) - 3);
    const S first = power<S>(x, y);
    for (const S besides : {S(0.25), S(-2), std::numeric_limits<S>::quiet_NaN(), std::numeric_limits<S>::infinity()}) {
      const S other = power<S>(x, y, i, besides);
      CHECK((other == first || (std::isnan(other) && std::isnan(first))));
    }
  }
}

TEST_CASE("powers of doubles are those of std::pow") {
  for (const double x : {0.0, 0.3, 2.5, -2.0, 1e300})
    for (const double y : {0.0, 0.5, -1.0, 3.0, 2.7}) {
      const double expected = std::pow(x, y), found = power(x, y);
      CHECK((std::isnan(expected) ? std::isnan(found) : found == expected));
    }
}
