// SPDX-License-Identifier: MIT
#include "odot/data/sequences.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include "data/small_sequences.hpp"

using namespace odot;
using namespace odot::test;

TEST_CASE("chosen sequences keep their values, lengths and labels") {
  const auto set = numbered_sequences(5);
  const std::array<std::size_t, 3> numbers{4, 0, 4};
  const auto part = set.chosen(numbers);
  CHECK(part.name == set.name);
  CHECK(part.classes == set.classes);
  CHECK(part.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(part.labels[i] == set.labels[numbers[i]]);
    CHECK(part.lengths[i] == set.lengths[numbers[i]]);
    CHECK(std::ranges::equal(part.sample(i), set.sample(numbers[i])));
  }
  const std::array<std::size_t, 1> none{5};
  CHECK_THROWS_WITH_AS(set.chosen(none), "odot::data::Sequences \"numbered\": there is no sequence 5; there are 5",
                       ArgumentError);
}

TEST_CASE("folds hold out every sequence once and as many of each class, ± 1") {
  const auto set = numbered_sequences(33);  // 3 classes of 11
  std::vector<float> held;
  for (std::size_t fold = 0; fold < 4; ++fold) {
    const auto [train, test] = data::hold_out(set, 4, fold, Seed{3});
    CHECK(train.size() + test.size() == 33);
    for (std::int32_t label = 0; label < 3; ++label) {
      const auto members = std::ranges::count(test.labels, label);
      CHECK(members >= 2);
      CHECK(members <= 3);
    }
    for (std::size_t i = 0; i < test.size(); ++i) {
      held.push_back(test.sample(i)[0]);
      for (std::size_t j = 0; j < train.size(); ++j) CHECK(train.sample(j)[0] != test.sample(i)[0]);
    }
  }
  std::ranges::sort(held);
  CHECK(held.size() == 33);
  CHECK(std::ranges::adjacent_find(held) == held.end());
}

TEST_CASE("folds depend on the seed alone") {
  const auto set = numbered_sequences(30);
  const auto first = data::hold_out(set, 5, 2, Seed{1}), again = data::hold_out(set, 5, 2, Seed{1});
  CHECK(first.test.values == again.test.values);
  CHECK(data::hold_out(set, 5, 2, Seed{2}).test.values != first.test.values);
}

TEST_CASE("folds that are none are rejected") {
  const auto set = numbered_sequences(6);
  CHECK_THROWS_AS(data::hold_out(set, 1, 0, Seed{1}), ArgumentError);
  CHECK_THROWS_WITH_AS(
      data::hold_out(set, 3, 3, Seed{1}),
      "odot::data::hold_out: expected 2 folds or more and a fold less than that, found 3 folds and fold 3",
      ArgumentError);
}
