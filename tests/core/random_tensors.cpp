// SPDX-License-Identifier: MIT
#include "odot/core/random_tensors.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <type_traits>
#include <vector>

using namespace odot;

namespace {

const Random random7(Seed{7}, 3);

}  // namespace

TEST_CASE("element i is number i of the stream, moved and stretched") {
  Tensor<Shape<3, 5>, double> u, z;
  fill_uniform(u, -2, 6, random7);
  fill_normal(z, 10, 0.5, random7);
  for (std::size_t i = 0; i < 15; ++i) {
    CHECK(u.data()[i] == std::fma(8.0, random7.uniform(i), -2.0));
    CHECK(z.data()[i] == std::fma(0.5, random7.normal(i), 10.0));
  }
}

TEST_CASE("tensors, batches, views and spans are filled alike") {
  Tensor<Shape<2, 3>> tensor;
  Batch<Shape<3>> batch(2);
  std::vector<float> vector(6);
  fill_normal(tensor, 0, 1, random7);
  fill_normal(batch.view(), 0, 1, random7);
  fill_normal(vector, 0, 1, random7);
  CHECK(std::ranges::equal(tensor, vector));
  CHECK(std::ranges::equal(batch, vector));
  fill_uniform(std::span(vector).last(2), 5, 5, random7);
  CHECK(vector[4] == 5);
  CHECK(vector[5] == 5);
  CHECK(vector[3] == tensor(1, 0));
  fill_uniform(batch[1], 0, 1, random7);
  CHECK(batch[1](0) == static_cast<float>(random7.uniform(0)));
  CHECK(batch[0](2) == tensor(0, 2));
  Batch<Shape<3>> none;
  fill_uniform(none, 0, 1, random7);
  CHECK(none.samples() == 0);
}

TEST_CASE("random tensors and batches in one line") {
  const auto u = uniform<Tensor<Shape<3, 4>>>(random7, -1, 1);
  static_assert(std::is_same_v<decltype(u), const Tensor<Shape<3, 4>>>);
  for (std::size_t i = 0; i < 12; ++i)
    CHECK(u.data()[i] == static_cast<float>(std::fma(2.0, random7.uniform(i), -1.0)));
  const auto z = normal<Batch<Shape<4>, double>>(3, Random(Seed{7}));
  REQUIRE(z.samples() == 3);
  for (std::size_t i = 0; i < 12; ++i) CHECK(z.data()[i] == Random(Seed{7}, 0).normal(i));
  const auto unit = uniform<Batch<Shape<2>>>(100, random7);
  for (const float value : unit) CHECK((value >= 0 && value <= 1));
}

TEST_CASE("any number of threads draws the same bits") {
  std::vector<float> one(20'000), many(20'000);
  Workspace<Cpu> alone(1), several(5);
  {
    const WorkspaceScope<Cpu> scope(alone);
    fill_normal(one, 1, 2, random7);
  }
  {
    const WorkspaceScope<Cpu> scope(several);
    fill_normal(many, 1, 2, random7);
  }
  CHECK(one == many);
}

TEST_CASE("the library takes no number of a seed's first stream") {
  // Streams that the library takes: 1, and from 2³² on (odot/core/random.hpp).
  static_assert(Random(Seed{1}).bits(0) == Random(Seed{1}, 0).bits(0));
  static_assert(Random(Seed{1}).bits(0) != Random(Seed{1}, 1).bits(0));
  static_assert(!std::is_convertible_v<Seed, Random>, "one seed given twice would give the same numbers twice");
}

TEST_CASE("bounds and deviations that make no sense are rejected") {
  constexpr double infinite = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
  Tensor<Shape<2>> x;
  CHECK_THROWS_WITH_AS(fill_uniform(x, 1, -1.5, random7),
                       "odot::fill_uniform: expected finite bounds, the lower one first, found 1 and -1.5",
                       ArgumentError);
  CHECK_THROWS_AS(fill_uniform(x, 0, infinite, random7), ArgumentError);
  CHECK_THROWS_AS(fill_uniform(x, nan, 1, random7), ArgumentError);
  CHECK_THROWS_AS(fill_uniform(x, -1e308, 1.7e308, random7), ArgumentError);
  CHECK_THROWS_WITH_AS(fill_normal(x, 0, -1, random7),
                       "odot::fill_normal: expected a finite mean and a finite deviation of 0 or more, found 0 and -1",
                       ArgumentError);
  CHECK_THROWS_AS(fill_normal(x, nan, 1, random7), ArgumentError);
  CHECK_THROWS_AS(fill_normal(x, 0, infinite, random7), ArgumentError);
}
