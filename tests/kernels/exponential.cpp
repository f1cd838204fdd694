// SPDX-License-Identifier: MIT
#include "odot/kernels/exponential.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

namespace simd = odot::kernels::simd;

namespace {

template <class S>
std::vector<S> softmax_exp(S x) {
  std::vector<S> lanes(simd::lanes<S>);
  simd::store(lanes.data(), simd::softmax_exp<S>(simd::all(x)));
  return lanes;
}

template <class S, int Squarings>
std::vector<S> small_exp(S x) {
  std::vector<S> lanes(simd::lanes<S>);
  simd::store(lanes.data(), simd::small_exp<S, Squarings>(simd::all(x)));
  return lanes;
}

/// The largest relative error over all lanes and steps.
template <class S>
double worst_error(S from, S to, S step, std::vector<S> (*exponential)(S) = softmax_exp<S>) {
  double worst = 0;
  for (S x = from; x <= to; x += step)
    for (const S y : exponential(x)) {
      const double expected = std::exp(static_cast<double>(x)),
                   error = std::abs(static_cast<double>(y) - expected) / expected;
      if (!(error <= worst)) worst = error;
    }
  return worst;
}

}  // namespace

TEST_CASE("the exponential is as exact as it says") {
  CHECK(worst_error<float>(-87.0f, 80.0f, 0x1p-9f) <= 1.2e-7);
  CHECK(worst_error<float>(-1.0f, 1.0f, 0x1p-17f) <= 1.2e-7);
  CHECK(worst_error<double>(-87.0, 80.0, 0x1p-6) <= 1e-15);
}

TEST_CASE("the exponential of small numbers is as exact as it says, up to its limit") {
  CHECK(worst_error<float>(-0.5f, 0.5f, 0x1p-19f, small_exp<float, 0>) <= 1.7e-7);
  CHECK(worst_error<float>(-1.0f, 1.0f, 0x1p-18f, small_exp<float, 1>) <= 3.4e-7);
  CHECK(worst_error<float>(-2.0f, 2.0f, 0x1p-17f, small_exp<float, 2>) <= 6.8e-7);
  CHECK(worst_error<double>(-2.0, 2.0, 0x1p-9, small_exp<double, 2>) <= 1e-15);
  for (const float y : small_exp<float, 2>(0.0f)) CHECK(y == 1);
  for (const float y : small_exp<float, 1>(std::numeric_limits<float>::quiet_NaN())) CHECK(std::isnan(y));
}

TEST_CASE("the exponential of 0 is 1") {
  for (const float y : softmax_exp(0.0f)) CHECK(y == 1);
  for (const double y : softmax_exp(0.0)) CHECK(y == 1);
}

TEST_CASE("far below zero next to nothing is left, and never less than nothing") {
  for (const float x : {-87.0f, -88.0f, -104.0f, -1e4f, -1e38f, -std::numeric_limits<float>::infinity()})
    for (const float y : softmax_exp(x)) {
      CHECK(y >= 0);
      CHECK(y <= 1.7e-38f);
    }
  for (const float x : {-88.1f, -1e4f, -std::numeric_limits<float>::max(), -std::numeric_limits<float>::infinity()})
    for (const float y : softmax_exp(x)) CHECK(std::bit_cast<std::uint32_t>(y) == 0);
  for (const double x : {-800.0, -std::numeric_limits<double>::infinity()})
    for (const double y : softmax_exp(x)) CHECK(y == 0);
}

TEST_CASE("a chosen least argument is where 0 begins, exactly") {
  const auto check = []<class S>(S least) {
    const auto at = [&](S x) {
      std::vector<S> lanes(simd::lanes<S>);
      simd::store(lanes.data(), simd::softmax_exp<S>(simd::all(x), least));
      return lanes;
    };
    const S infinity = std::numeric_limits<S>::infinity();
    for (const S x : {std::nextafter(least, -infinity), least - S(0.5), 2 * least, -infinity})
      for (const S y : at(x)) CHECK(y == 0);
    for (const S x : {least, std::nextafter(least, S{0}), least / 2, S{-1}, S{0}, S{4}}) {
      CHECK(at(x) == softmax_exp<S>(x));
      for (const S y : at(x)) CHECK(y > 0);
    }
    for (const S y : at(std::numeric_limits<S>::quiet_NaN())) CHECK(std::isnan(y));
  };
  check(-87.0f);
  check(-20.0f);
  check(-700.0);
}

TEST_CASE("NaN stays NaN, whatever its sign and bits and in whichever lane") {
  std::uint32_t random = 1;
  const auto check = [](std::uint32_t bits) {
    CAPTURE(bits);
    constexpr std::size_t L = simd::lanes<float>;
    for (std::size_t lane = 0; lane < L; ++lane) {
      std::vector<float> x(L, -1.0f), y(L);
      std::memcpy(&x[lane], &bits, sizeof bits);
      simd::store(y.data(), simd::softmax_exp<float>(simd::load(x.data())));
      for (std::size_t l = 0; l < L; ++l) {
        if (l == lane) CHECK(std::isnan(y[l]));
        else CHECK(y[l] == doctest::Approx(std::exp(-1.0)));
      }
    }
  };
  for (const std::uint32_t sign : {0u, 0x80000000u}) {
    for (const std::uint32_t payload : {0x1u, 0x3fffffu, 0x400000u, 0x400001u, 0x7fffffu})
      check(sign | 0x7f800000u | payload);
    for (int i = 0; i < 200; ++i) {
      random = random * 1664525u + 1013904223u;
      check(sign | 0x7f800000u | (random >> 9 | 1u));
    }
  }
  for (const double y : softmax_exp(std::numeric_limits<double>::quiet_NaN())) CHECK(std::isnan(y));
}
