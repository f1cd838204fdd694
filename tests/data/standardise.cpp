// SPDX-License-Identifier: MIT
#include "odot/data/standardise.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include "data/small_sets.hpp"

using namespace odot;
using namespace odot::test;

TEST_CASE("sequences are standardised by the training part's valid tokens, and padding stays 0") {
  const auto original = numbered_sequences(6);
  data::Split<data::Sequences<Shape<4, 2>>> split{original, numbered_sequences(3)};
  std::vector<double> first;  // feature 0 of the training part's valid tokens
  for (std::size_t i = 0; i < 6; ++i)
    for (std::int32_t t = 0; t < original.lengths[i]; ++t)
      first.push_back(static_cast<double>(original.sample(i)[static_cast<std::size_t>(2 * t)]));
  const auto scale = data::standardisation(std::span<const double>(first), 1);
  CHECK(data::standardise(split).mean[0] == scale.mean[0]);
  for (const auto* part : {&split.train, &split.test})
    for (std::size_t i = 0; i < part->size(); ++i)
      for (std::size_t t = 0; t < 4; ++t) {
        const bool valid = t < static_cast<std::size_t>(part->lengths[i]);
        const double expected = valid ? scale.standardised(static_cast<double>(original.sample(i)[2 * t]), 0) : 0.0;
        CHECK(std::abs(static_cast<double>(part->sample(i)[2 * t]) - expected) <= 1e-6);
      }
}

TEST_CASE("an empty set has no mean") {
  CHECK_THROWS_AS(data::standardisation(data::Sequences<Shape<4, 2>>{}), ArgumentError);
}

TEST_CASE("features of tables and windows are standardised, each by its own mean and deviation") {
  data::Split<data::Dataset<Shape<2>, float>> split{{.values = {1, 10, 3, 30, 5, 50}, .targets = {0, 1, 0}},
                                                    {.values = {3, 70}, .targets = {1}}};
  const auto scale = data::standardise(split);
  CHECK(scale.mean == std::vector<double>{3, 30});
  const float step = static_cast<float>(std::sqrt(1.5));
  for (const auto& [found, expected] : {std::pair{split.train.values[0], -step}, std::pair{split.train.values[3], 0.0f},
                                        std::pair{split.train.values[5], step}, std::pair{split.test.values[0], 0.0f},
                                        std::pair{split.test.values[1], 2 * step}})
    CHECK(std::abs(found - expected) <= 1e-6f);
  auto windows = numbered_windows(3);
  data::standardise(windows, data::standardisation(windows));
  CHECK(std::abs(std::accumulate(windows.values.begin(), windows.values.end(), 0.0f)) <= 1e-5f);
  CHECK(windows.targets == numbered_windows(3).targets);
}

TEST_CASE("lengths and scales that do not fit are rejected") {
  auto set = numbered_sequences(3);
  CHECK_THROWS_WITH_AS(data::standardise(set, {{0}, {1}}),
                       "odot::data::standardise: \"numbered\" has 2 features, the scale 1", ArgumentError);
  set.lengths[1] = 5;
  CHECK_THROWS_WITH_AS(data::standardisation(set),
                       "odot::data::standardise: length of sample 1 of \"numbered\": expected 1 to 4, found 5",
                       ArgumentError);
  set.lengths.pop_back();
  CHECK_THROWS_AS(data::standardisation(set), ArgumentError);
}
