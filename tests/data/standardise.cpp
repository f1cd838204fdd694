// SPDX-License-Identifier: MIT
#include "odot/data/standardise.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "data/small_sequences.hpp"

using namespace odot;
using namespace odot::test;

TEST_CASE("sequences are standardised by the training part's valid tokens, and padding stays 0") {
  const auto original = numbered_sequences(6);
  data::SequenceSplit<Shape<4, 2>> split{original, numbered_sequences(3)};
  std::vector<double> first;  // feature 0 of the training part's valid tokens
  for (std::size_t i = 0; i < 6; ++i)
    for (std::int32_t t = 0; t < original.lengths[i]; ++t)
      first.push_back(static_cast<double>(original.sample(i)[static_cast<std::size_t>(2 * t)]));
  const auto scale = data::standardisation(std::span<const double>(first), 1);
  data::standardise(split);
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
