// SPDX-License-Identifier: MIT
#include "odot/data/forecasting.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <utility>
#include <vector>

using namespace odot;

namespace {

/// Column 0 counts the rows, column 1 is ten times that, but for its sign.
data::Table counting(std::size_t rows) {
  data::Table table{{"up", "down"}, {}};
  for (std::size_t r = 0; r < rows; ++r) {
    table.values.push_back(static_cast<double>(r));
    table.values.push_back(-10.0 * static_cast<double>(r));
  }
  return table;
}

/// Which row a standardised value of column c comes from.
double row_of(const data::Standardisation& scale, float value, std::size_t c) {
  return scale.original(static_cast<double>(value), c) / (c == 0 ? 1 : -10);
}

}  // namespace

TEST_CASE("windows and their targets are the rows of their part, one after the other") {
  const auto f = data::forecasting<3, 2, 2>(counting(40), {20, 8, 6}, "counting");
  CHECK(f.columns == std::vector<std::string>{"up", "down"});
  CHECK(f.train.name == "counting");
  // The first window whose targets lie in the part, and how many there are.
  const auto check = [&](const auto& set, std::size_t first, std::size_t count) {
    REQUIRE(set.size() == count);
    for (std::size_t n = 0; n < count; ++n)
      for (std::size_t c = 0; c < 2; ++c) {
        for (std::size_t t = 0; t < 3; ++t)
          CHECK(std::abs(row_of(f.scale, set.sample(n)[2 * t + c], c) - static_cast<double>(first + n + t)) <= 1e-4);
        for (std::size_t t = 0; t < 2; ++t)
          CHECK(std::abs(row_of(f.scale, set.target(n)[2 * t + c], c) - static_cast<double>(first + n + 3 + t)) <=
                1e-4);
      }
  };
  check(f.train, 0, 16);           // targets in rows 3 … 19
  check(f.validation, 20 - 3, 7);  // 20 … 27
  check(f.test, 28 - 3, 5);        // 28 … 33
}

TEST_CASE("mean and deviation are those of the training part") {
  const auto f = data::forecasting<3, 2, 2>(counting(40), {20, 8, 6}, "counting");
  CHECK(std::abs(f.scale.mean[0] - 9.5) <= 1e-9);
  CHECK(std::abs(f.scale.deviation[0] - std::sqrt((20.0 * 20.0 - 1) / 12)) <= 1e-9);
  CHECK(std::abs(f.scale.mean[1] + 95) <= 1e-9);
}

TEST_CASE("relative windows end at 0, and targets keep their distance from the last step") {
  auto f = data::forecasting<3, 2, 2>(counting(40), {20, 8, 6}, "counting");
  const auto before = f;
  data::make_relative(f);
  for (const auto& [now, then] : {std::pair{&f.train, &before.train}, std::pair{&f.validation, &before.validation},
                                  std::pair{&f.test, &before.test}})
    for (std::size_t n = 0; n < now->size(); ++n)
      for (std::size_t c = 0; c < 2; ++c) {
        const float last = then->sample(n)[4 + c];
        for (std::size_t t = 0; t < 3; ++t) CHECK(now->sample(n)[2 * t + c] == then->sample(n)[2 * t + c] - last);
        for (std::size_t t = 0; t < 2; ++t) CHECK(now->target(n)[2 * t + c] == then->target(n)[2 * t + c] - last);
        CHECK(now->sample(n)[4 + c] == 0);
      }
}

TEST_CASE("tables that do not fit are rejected") {
  CHECK_THROWS_WITH_AS((data::forecasting<3, 2, 3>(counting(40), {20, 8, 6}, "x")),
                       "odot::data::forecasting: expected a table of 3 columns, found 2", ArgumentError);
  CHECK_THROWS_WITH_AS((data::forecasting<3, 2, 2>(counting(33), {20, 8, 6}, "x")),
                       "odot::data::forecasting: expected a table of at least 20 + 8 + 6 rows, found 33",
                       ArgumentError);
  CHECK_THROWS_AS((data::forecasting<3, 2, 2>(counting(40), {4, 8, 6}, "x")), ArgumentError);
  CHECK_THROWS_AS((data::forecasting<3, 2, 2>(counting(40), {20, 1, 6}, "x")), ArgumentError);
  CHECK_THROWS_AS((data::forecasting<3, 2, 2>(counting(40), {20, 8, 1}, "x")), ArgumentError);
  constexpr std::size_t most = std::numeric_limits<std::size_t>::max();  // sums of the parts would wrap around
  CHECK_THROWS_AS((data::forecasting<3, 2, 2>(counting(40), {most - 9, 8, 20}, "x")), ArgumentError);
  CHECK_THROWS_AS((data::forecasting<3, 2, 2>(counting(40), {20, most - 30, 20}, "x")), ArgumentError);
  CHECK_THROWS_AS((data::forecasting<3, 2, 2>(counting(40), {20, 8, most - 20}, "x")), ArgumentError);
}
