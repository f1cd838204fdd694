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
  odot::kernels::update_running(batch, {.momentum = 0.25}, mean, variance);
  CHECK(mean == 8.5);       // 0.75 · 10 + 0.25 · 4
  CHECK(variance == 1.25);  // 0.75 · 1 + 0.25 · 8/4
}

TEST_CASE("running statistics take the first batch whole where they are told to") {
  const Moments batch{.count = 5, .mean = 4, .squares = 8};
  const odot::kernels::NormConstants constants{.momentum = 0.25, .first_batch_whole = true};
  double mean = 0, variance = 0;
  odot::kernels::update_running(batch, constants, mean, variance);
  CHECK(mean == 4);
  CHECK(variance == 2);  // 8/4
  odot::kernels::update_running({.count = 3, .mean = 8, .squares = 12}, constants, mean, variance);
  CHECK(mean == 5);                       // 0.75 · 4 + 0.25 · 8
  CHECK(variance == 3);                   // 0.75 · 2 + 0.25 · 12/2
  float small = 1e-30f, single_mean = 1;  // a variance that is known is kept, however small
  odot::kernels::update_running(batch, constants, single_mean, small);
  CHECK(single_mean == 1.75f);
  CHECK(small == 0.5f);
  mean = variance = 0;
  odot::kernels::update_running(batch, {.momentum = 0.25}, mean, variance);  // batch norm
  CHECK(mean == 1);
  CHECK(variance == 0.5);
}
