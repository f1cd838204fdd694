// SPDX-License-Identifier: MIT
#include "odot/kernels/normal_distribution.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

#include "support/worst_of.hpp"

namespace simd = odot::kernels::simd;

namespace {

template <class S>
struct Lanes {
  std::vector<S> probability, density;
  explicit Lanes(S x) : probability(simd::lanes<S>), density(simd::lanes<S>) {
    const auto normal = simd::normal_distribution<S>(simd::all(x));
    simd::store(probability.data(), normal.probability);
    simd::store(density.data(), normal.density);
  }
};

double exact_probability(double x) { return 0.5 * std::erfc(-x / std::numbers::sqrt2); }
double exact_density(double x) { return std::exp(-x * x / 2) / std::sqrt(2 * std::numbers::pi); }

struct Errors {
  double probability = 0, density = 0, relative = 0;  // relative: of the probability
};

/// The largest over all lanes and steps.
template <class S>
Errors worst_errors(S from, S to, S step) {
  Errors worst;
  for (S x = from; x <= to; x += step) {
    const auto exact = static_cast<double>(x);
    const Lanes<S> found(x);
    for (std::size_t k = 0; k < simd::lanes<S>; ++k) {
      const double error = std::abs(static_cast<double>(found.probability[k]) - exact_probability(exact));
      worst.probability = odot::test::worst_of(worst.probability, error);
      worst.relative = odot::test::worst_of(worst.relative, error / exact_probability(exact));
      worst.density =
          odot::test::worst_of(worst.density, std::abs(static_cast<double>(found.density[k]) - exact_density(exact)));
      REQUIRE(std::isfinite(error));
    }
  }
  return worst;
}

}  // namespace

TEST_CASE("in float the distribution is as exact as it says, and exact enough for an error function to 1e-6") {
  const Errors all = worst_errors<float>(-20.0f, 20.0f, 0x1p-10f), tail = worst_errors<float>(-13.0f, 0.0f, 0x1p-11f);
  CHECK(all.probability <= 3e-7);  // erf(x) = 2 Φ(√2 x) − 1: 6e-7
  CHECK(all.density <= 1e-7);
  CHECK(tail.relative <= 6e-6);
}

TEST_CASE("in double the distribution is near the precision of the type") {
  const Errors all = worst_errors<double>(-20.0, 20.0, 0x1p-6);
  CHECK(all.probability <= 2e-16);
  CHECK(all.density <= 2e-16);
}

TEST_CASE("far out it is 0 or 1, and NaN stays NaN") {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  for (const float x : {14.0f, 100.0f, 1e30f, infinity}) {
    for (const float p : Lanes<float>(x).probability) CHECK(p == 1);
    for (const float p : Lanes<float>(-x).probability) CHECK(std::abs(p) <= 1e-37f);
    for (const float p : Lanes<float>(x).density) CHECK(std::abs(p) <= 1e-37f);
  }
  for (const float p : Lanes<float>(std::numeric_limits<float>::quiet_NaN()).probability) CHECK(std::isnan(p));
  for (const double p : Lanes<double>(std::numeric_limits<double>::quiet_NaN()).probability) CHECK(std::isnan(p));
}
