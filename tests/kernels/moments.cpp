// SPDX-License-Identifier: MIT
#include "odot/kernels/moments.hpp"

#include <doctest/doctest.h>

#include <cmath>

using odot::kernels::Moments;

TEST_CASE("joined moments are those of all numbers") {
  // {1, 3} and {2, 4, 9}: together mean 19/5 = 3.8, squares 7.84 + 0.64 + 3.24 + 0.04 + 27.04 = 38.8
  Moments all{.count = 2, .mean = 2, .squares = 2};
  all.join({.count = 3, .mean = 5, .squares = 26});
  CHECK(all.count == 5);
  CHECK(std::abs(all.mean - 3.8) <= 1e-15);
  CHECK(std::abs(all.squares - 38.8) <= 1e-14);
  CHECK(std::abs(all.variance() - 7.76) <= 1e-14);
  CHECK(std::abs(all.unbiased_variance() - 9.7) <= 1e-14);
}

TEST_CASE("joining with nothing changes nothing") {
  Moments all{.count = 2, .mean = 2, .squares = 2};
  all.join({});
  CHECK(all.count == 2);
  CHECK(all.mean == 2);
  Moments nothing;
  nothing.join(all);
  CHECK(nothing.count == 2);
  CHECK(nothing.mean == 2);
  CHECK(nothing.squares == 2);
}

TEST_CASE("a single number has variance 0") {
  const Moments one{.count = 1, .mean = 3, .squares = 0};
  CHECK(one.variance() == 0);
  CHECK(one.unbiased_variance() == 0);
}

TEST_CASE("running statistics take a share of the batch, the variance unbiased") {
  const Moments batch{.count = 5, .mean = 4, .squares = 8};
  double mean = 10, variance = 1;
  odot::kernels::update_running(batch, 0.25, mean, variance);
  CHECK(mean == 8.5);       // 0.75 · 10 + 0.25 · 4
  CHECK(variance == 1.25);  // 0.75 · 1 + 0.25 · 8/4
}
