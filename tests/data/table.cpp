// SPDX-License-Identifier: MIT
#include "odot/data/table.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <span>
#include <vector>

using namespace odot;

TEST_CASE("mean and deviation are those of each column") {
  const std::vector<double> rows{1, 10, 3, 10, 5, 40};
  const auto scale = data::standardisation(std::span<const double>(rows), 2);
  CHECK(std::abs(scale.mean[0] - 3) <= 1e-12);
  CHECK(std::abs(scale.mean[1] - 20) <= 1e-12);
  CHECK(std::abs(scale.deviation[0] - std::sqrt(8.0 / 3)) <= 1e-12);
  CHECK(std::abs(scale.deviation[1] - std::sqrt(200.0)) <= 1e-12);
  CHECK(std::abs(scale.standardised(40, 1) - std::sqrt(2.0)) <= 1e-12);
  CHECK(std::abs(scale.original(scale.standardised(7, 0), 0) - 7) <= 1e-12);
}

TEST_CASE("a constant column is not divided by 0") {
  const std::vector<float> rows(7, 0.1f);
  const auto scale = data::standardisation(std::span<const float>(rows), 1);
  CHECK(scale.deviation[0] == 1);
  CHECK(std::abs(scale.standardised(double{0.1f}, 0)) <= 1e-12);
}

TEST_CASE("no rows and an incomplete one are rejected") {
  const std::vector<double> values{1, 2, 3};
  CHECK_THROWS_AS(data::standardisation(std::span<const double>(values), 2), ArgumentError);
  CHECK_THROWS_AS(data::standardisation(std::span<const double>(values), 0), ArgumentError);
  CHECK_THROWS_WITH_AS(data::standardisation(std::span<const double>(), 2),
                       "odot::data::standardisation: expected rows of 2 numbers, one or more, found 0 numbers",
                       ArgumentError);
}

TEST_CASE("a table without columns has no rows") {
  CHECK(data::Table{}.rows() == 0);
  CHECK(data::Table{{"a", "b"}, {1, 2, 3, 4}}.rows() == 2);
}
