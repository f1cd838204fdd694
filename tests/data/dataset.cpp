// SPDX-License-Identifier: MIT
#include "odot/data/dataset.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

#include "data/small_sets.hpp"

using namespace odot;
using namespace odot::test;

using Set = data::Dataset<Shape<1, 1, 2>>;

namespace {

Set small() {
  return {.name = "small",
          .values = {1, 2, 3, 4, 5, 6},
          .targets = {2, 0, 1},
          .classes = {"a", "b", "c"},
          .synthetic = true};
}

}  // namespace

TEST_CASE("a sample is its own values, a target its own label or numbers") {
  const Set set{.values = {1, 2, 3, 4, 5, 6}, .targets = {2, 0, 1}};
  CHECK(set.size() == 3);
  CHECK(set.sample(1).size() == 2);
  CHECK(set.sample(1)[0] == 3);
  CHECK(set.sample(2)[1] == 6);
  CHECK(set.target(2).size() == 1);
  CHECK(set.target(2)[0] == 1);
  CHECK_FALSE(set.synthetic);
  const auto windows = numbered_windows(4);
  CHECK(windows.size() == 4);
  CHECK(windows.target(3).size() == 4);
  CHECK(windows.target(3)[1] == -301);
}

TEST_CASE("the first samples of a set are a set") {
  const Set set = small(), first = set.first(2);
  CHECK(first.name == "small");
  CHECK(first.classes == set.classes);
  CHECK(first.synthetic);
  CHECK(first.values == std::vector<std::uint8_t>{1, 2, 3, 4});
  CHECK(first.targets == std::vector<std::int32_t>{2, 0});
  CHECK(set.first(0).size() == 0);
  CHECK(set.first(3).values == set.values);
  CHECK(numbered_sequences(9).first(3).lengths == std::vector<std::int32_t>{1, 2, 3});
  CHECK(numbered_windows(9).first(3).targets == numbered_windows(3).targets);
}

TEST_CASE("more samples than there are can't be had") {
  CHECK_THROWS_WITH_AS(small().first(4),
                       "odot::data::Dataset \"small\": first(4) asks for more than the 3 samples there are; ask for at "
                       "most that many",
                       ArgumentError);
}

TEST_CASE("chosen samples keep their values, targets and lengths") {
  const std::array<std::size_t, 3> numbers{4, 0, 4};
  const auto check = [&](const auto& set) {
    const auto part = set.subset(numbers);
    CHECK(part.name == set.name);
    CHECK(part.classes == set.classes);
    REQUIRE(part.size() == 3);
    REQUIRE(part.lengths.size() == (set.lengths.empty() ? 0 : 3));
    for (std::size_t i = 0; i < 3; ++i) {
      CHECK(std::ranges::equal(part.sample(i), set.sample(numbers[i])));
      CHECK(std::ranges::equal(part.target(i), set.target(numbers[i])));
      if (!set.lengths.empty()) CHECK(part.lengths[i] == set.lengths[numbers[i]]);
    }
  };
  check(numbered_images(5));
  check(numbered_sequences(5));
  check(numbered_windows(5));
  check(numbered_tokens(5));
  const std::array<std::size_t, 1> none{5};
  CHECK_THROWS_WITH_AS(numbered_sequences(5).subset(none),
                       "odot::data::Dataset \"numbered\": there is no sample 5; there are 5", ArgumentError);
}

TEST_CASE("parts of a set whose arrays are not of as many samples are refused") {
  Set set = small();
  set.values.pop_back();
  CHECK_THROWS_WITH_AS(set.first(1), "odot::data::Dataset \"small\": 3 samples need 6 values, but there are 5",
                       ArgumentError);
  auto sequences = numbered_sequences(4);
  sequences.lengths.pop_back();
  const std::array<std::size_t, 1> one{0};
  CHECK_THROWS_WITH_AS(sequences.subset(one),
                       "odot::data::Dataset \"numbered\": 4 samples need 4 lengths, but there are 3", ArgumentError);
  auto windows = numbered_windows(3);
  windows.targets.pop_back();
  CHECK_THROWS_WITH_AS(windows.first(1), "odot::data::Dataset \"numbered\": 2 samples need 8 targets, but there are 11",
                       ArgumentError);
}

TEST_CASE("samples may be seen under another shape") {
  const Set set = small();
  const auto rows = set.as<Shape<2, 1>>();
  static_assert(std::is_same_v<decltype(rows)::shape, Shape<2, 1>>);
  CHECK(rows.name == "small");
  CHECK(rows.classes == set.classes);
  CHECK(rows.synthetic);
  CHECK(rows.values == set.values);
  CHECK(rows.targets == set.targets);
  CHECK(numbered_sequences(3).as<Shape<4, 1, 2>>().lengths.size() == 3);
  CHECK_THROWS_WITH_AS(numbered_sequences(3).as<Shape<8>>(),
                       "odot::data::Dataset \"numbered\": as<[8]>: its lengths count in [4, 2]; expected a shape that "
                       "begins with as many tokens",
                       ArgumentError);
}

TEST_CASE("another shape of a temporary copies nothing") {
  data::Split<Set> split{{.name = "a", .values = {1, 2}, .targets = {0}},
                         {.name = "b", .values = {3, 4}, .targets = {1}}};
  const std::uint8_t* const train_values = split.train.values.data();
  const std::uint8_t* const test_values = split.test.values.data();
  const auto rows = std::move(split).as<Shape<2>>();
  CHECK(rows.train.values.data() == train_values);
  CHECK(rows.test.values.data() == test_values);
  CHECK(rows.test.name == "b");
}

TEST_CASE("a split unpacks into train and test") {
  auto [train, test] = data::Split<Set>{{.name = "a", .values = {1, 2}, .targets = {0}},
                                        {.name = "b", .values = {3, 4}, .targets = {1}}};
  CHECK(train.name == "a");
  CHECK(test.sample(0)[0] == 3);
}
