// SPDX-License-Identifier: MIT
#include "odot/data/synthetic_sequences.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <vector>

using namespace odot;

namespace {

using S = Shape<20, 3>;

/// Correlation of column c with itself `lag` rows later.
double correlation(const data::Table& table, std::size_t c, std::size_t lag) {
  const std::size_t columns = table.columns.size(), rows = table.rows() - lag;
  double mean = 0, same = 0, later = 0;
  for (std::size_t r = 0; r < table.rows(); ++r) mean += table.row(r)[c] / static_cast<double>(table.rows());
  for (std::size_t r = 0; r < rows; ++r) {
    same += (table.values[r * columns + c] - mean) * (table.values[r * columns + c] - mean);
    later += (table.values[r * columns + c] - mean) * (table.values[(r + lag) * columns + c] - mean);
  }
  return later / same;
}

}  // namespace

TEST_CASE("sequences are named synthetic, of all classes in turn and of unequal lengths") {
  const auto [train, test] = data::synthetic_sequences<S>(Seed{1}, 90, 30, 4);
  CHECK(train.name == "synthetic");
  CHECK(train.synthetic);
  CHECK(train.classes.size() == 4);
  CHECK(train.size() == 90);
  CHECK(test.size() == 30);
  for (std::size_t i = 0; i < 90; ++i) {
    CHECK(train.targets[i] == static_cast<std::int32_t>(i % 4));
    CHECK(train.lengths[i] >= 5);
    CHECK(train.lengths[i] <= 20);
    const auto valid = static_cast<std::size_t>(train.lengths[i]) * 3;
    for (std::size_t j = 0; j < 60; ++j) {
      CHECK(std::isfinite(train.sample(i)[j]));
      CHECK((train.sample(i)[j] != 0) == (j < valid));
    }
  }
  CHECK(std::ranges::min(train.lengths) < std::ranges::max(train.lengths));
}

TEST_CASE("a seed's sequences are always the same, and a larger set starts with the smaller one") {
  const auto small = data::synthetic_sequences<S>(Seed{2}, 10, 4), large = data::synthetic_sequences<S>(Seed{2}, 30, 9);
  CHECK(std::equal(small.train.values.begin(), small.train.values.end(), large.train.values.begin()));
  CHECK(std::equal(small.test.values.begin(), small.test.values.end(), large.test.values.begin()));
  CHECK(small.train.sample(0)[0] != small.test.sample(0)[0]);
  CHECK(data::synthetic_sequences<S>(Seed{3}, 10, 4).train.values != small.train.values);
}

TEST_CASE("the series has a day's season, and a seed's rows are always the same") {
  const data::Table table = data::synthetic_series(Seed{1}, 1680, 3);
  CHECK(table.rows() == 1680);
  CHECK(table.columns == std::vector<std::string>{"0", "1", "2"});
  for (std::size_t c = 0; c < 3; ++c) {
    CHECK(correlation(table, c, 24) >= 0.3);
    CHECK(correlation(table, c, 12) <= 0.1);
    CHECK(correlation(table, c, 24) <= 0.999);
  }
  const data::Table longer = data::synthetic_series(Seed{1}, 2000, 3);
  CHECK(std::equal(table.values.begin(), table.values.end(), longer.values.begin()));
  CHECK(data::synthetic_series(Seed{2}, 1680, 3).values != table.values);
}
