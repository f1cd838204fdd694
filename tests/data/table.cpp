// SPDX-License-Identifier: MIT
#include "odot/data/table.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <limits>
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

TEST_CASE("a constant column of any length is recognised, and its mean is its value") {
  for (const double value : {0.1, 0.37, 0.7, -123.456, 1e-300, 1e150, 0.0})
    for (const std::size_t rows : {1u, 1000u, 41'041u, 400'000u}) {
      CAPTURE(value);
      CAPTURE(rows);
      const std::vector<double> values(rows, value);
      const auto scale = data::standardisation(std::span<const double>(values), 1);
      CHECK(scale.mean[0] == value);
      CHECK(scale.deviation[0] == 1);
    }
  const std::vector<float> values(300'000, 0.7f);
  const auto scale = data::standardisation(std::span<const float>(values), 3);
  for (const double deviation : scale.deviation) CHECK(deviation == 1);
}

TEST_CASE("mean and deviation of many numbers far from 0 are right to 12 digits") {
  // 1e6 + j · 1e-3 for j = 0 … 999, over and over: deviation √((1000² − 1)/12) · 1e-3
  std::vector<double> values;
  for (std::size_t i = 0; i < 1'000'000; ++i) values.push_back(1e6 + static_cast<double>(i % 1000) * 1e-3);
  const auto scale = data::standardisation(std::span<const double>(values), 1);
  CHECK(std::abs(scale.mean[0] - (1e6 + 0.4995)) <= 1e-9);
  CHECK(std::abs(scale.deviation[0] / (std::sqrt((1e6 - 1) / 12) * 1e-3) - 1) <= 1e-7);  // the inputs' own rounding
}

TEST_CASE("a column with a number that is not finite, or too large, is rejected by its number") {
  for (const double bad : {std::nan(""), std::numeric_limits<double>::infinity(), 1e300}) {
    const std::vector<double> values{1, 2, 3, bad};
    CHECK_THROWS_WITH_AS(data::standardisation(std::span<const double>(values), 2), doctest::Contains("column 1 has"),
                         ArgumentError);
  }
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

TEST_CASE("rows of the user's are standardised by a scale") {
  std::vector<float> rows{1, 10, 5, 30};
  data::standardise(rows, {{3, 20}, {2, 10}});
  CHECK(rows == std::vector<float>{-1, -1, 1, 1});
  CHECK_THROWS_WITH_AS(data::standardise(std::span(rows).first(3), {{3, 20}, {2, 10}}),
                       "odot::data::standardise: expected rows of 2 numbers, found 3 numbers", ArgumentError);
}

TEST_CASE("a column is found by its name") {
  const data::Table table{{"a", "b", "b"}, {1, 2, 3}};
  CHECK(table.column("a") == 0);
  CHECK(table.column("b") == 1);
  CHECK_THROWS_WITH_AS(table.column("c"), "odot::data::Table: no column is called \"c\"; there are: a, b, b",
                       ArgumentError);
}
