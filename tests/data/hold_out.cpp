// SPDX-License-Identifier: MIT
#include "odot/data/hold_out.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "data/small_sets.hpp"

using namespace odot;
using namespace odot::test;

TEST_CASE("folds hold out every sequence once and as many of each class, ± 1") {
  const auto set = numbered_sequences(33);  // 3 classes of 11
  std::vector<float> held;
  for (std::size_t fold = 0; fold < 4; ++fold) {
    const auto [train, test] = data::hold_out(set, 4, fold, Seed{3});
    CHECK(train.size() + test.size() == 33);
    for (std::int32_t label = 0; label < 3; ++label) {
      const auto members = std::ranges::count(test.targets, label);
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

TEST_CASE("the folds of a seed are the same everywhere") {
  const auto held = [](const auto& set) {
    std::vector<int> numbers;
    for (std::size_t i = 0; i < set.size(); ++i) numbers.push_back(static_cast<int>(set.sample(i)[0] / 100));
    return numbers;
  };
  CHECK(held(data::hold_out(numbered_sequences(20), 4, 1, Seed{7}).test) == std::vector<int>{7, 9, 12, 14, 16, 17});
}

TEST_CASE("any set can be cut: images without names, indices, and windows as one class") {
  const auto images =
      data::hold_out(numbered_images(12), 3, 0, Seed{1});  // a class for each image, its first of 3 folds
  CHECK(images.train.size() == 0);
  CHECK(images.test.values == numbered_images(12).values);
  const auto tokens = data::hold_out(numbered_tokens(12), 3, 2, Seed{1});
  CHECK(tokens.test.size() == 4);
  CHECK(tokens.test.lengths.size() == 4);
  const auto set = numbered_windows(12);
  std::vector<float> held;
  for (std::size_t fold = 0; fold < 3; ++fold) {
    const auto [train, test] = data::hold_out(set, 3, fold, Seed{1});
    CHECK(train.size() == 8);
    REQUIRE(test.size() == 4);
    for (std::size_t i = 0; i < 4; ++i) {
      held.push_back(test.sample(i)[0]);
      CHECK(test.target(i)[0] == -test.sample(i)[0]);
    }
  }
  std::ranges::sort(held);
  for (std::size_t i = 0; i < 12; ++i) CHECK(held[i] == static_cast<float>(100 * i));
}

TEST_CASE("folds that are none are rejected") {
  const auto set = numbered_sequences(6);
  CHECK_THROWS_AS(data::hold_out(set, 1, 0, Seed{1}), ArgumentError);
  CHECK_THROWS_WITH_AS(
      data::hold_out(set, 3, 3, Seed{1}),
      "odot::data::hold_out: expected 2 folds or more and a fold less than that, found 3 folds and fold 3",
      ArgumentError);
}

TEST_CASE("a validation split holds out a share of every class, and all samples are in one part") {
  const auto set = numbered_sequences(40);
  const auto [train, validation] = data::validation_split(set, 0.3, Seed{1});
  CHECK(train.size() + validation.size() == 40);
  std::map<std::int32_t, int> all, held;
  for (const std::int32_t label : set.targets) ++all[label];
  for (const std::int32_t label : validation.targets) ++held[label];
  for (const auto& [label, count] : all) CHECK(held[label] == static_cast<int>(0.3 * count + 0.5));
  std::vector<float> values = train.values;
  values.insert(values.end(), validation.values.begin(), validation.values.end());
  std::vector<float> expected = set.values;
  std::ranges::sort(values);
  std::ranges::sort(expected);
  CHECK(values == expected);
  CHECK(data::validation_split(set, 0.3, Seed{1}).test.values == validation.values);
  CHECK(data::validation_split(set, 0.3, Seed{2}).test.values != validation.values);
  CHECK(data::validation_split(numbered_windows(12), 0.25, Seed{1}).test.size() == 3);
  for (const double share : {0.0, 1.0, -0.5, std::nan("")})
    CHECK_THROWS_AS(data::validation_split(set, share, Seed{1}), ArgumentError);
  CHECK_THROWS_WITH_AS(data::validation_split(numbered_windows(12), 0.01, Seed{1}),
                       ("odot::data::validation_split: a share of 0.01 of \"" + numbered_windows(12).name +
                        "\", which has 12 samples, leaves one of the parts empty")
                           .c_str(),
                       ArgumentError);
}
