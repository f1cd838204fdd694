// SPDX-License-Identifier: MIT
#include "odot/data/dataset.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

using namespace odot;

using Set = data::Dataset<Shape<1, 1, 2>>;

TEST_CASE("a sample is its own pixels") {
  const Set set{"small", 3, {1, 2, 3, 4, 5, 6}, {2, 0, 1}};
  CHECK(set.size() == 3);
  CHECK(set.sample(1).size() == 2);
  CHECK(set.sample(1)[0] == 3);
  CHECK(set.sample(2)[1] == 6);
  CHECK_FALSE(set.synthetic);
}

TEST_CASE("the first samples of a set are a set") {
  const Set set{"small", 3, {1, 2, 3, 4, 5, 6}, {2, 0, 1}, true};
  const Set first = set.first(2);
  CHECK(first.name == "small");
  CHECK(first.classes == 3);
  CHECK(first.synthetic);
  CHECK(first.pixels == std::vector<std::uint8_t>{1, 2, 3, 4});
  CHECK(first.labels == std::vector<std::int32_t>{2, 0});
  CHECK(set.first(0).size() == 0);
  CHECK(set.first(3).pixels == set.pixels);
}

TEST_CASE("more samples than there are can't be had") {
  const Set set{"small", 3, {1, 2, 3, 4, 5, 6}, {2, 0, 1}};
  CHECK_THROWS_WITH_AS(set.first(4),
                       "odot::data::Dataset \"small\": first(4) asks for more than the 3 samples there are; ask for at "
                       "most that many",
                       ArgumentError);
}

TEST_CASE("samples may be seen under another shape") {
  const Set set{"small", 3, {1, 2, 3, 4, 5, 6}, {2, 0, 1}, true};
  const auto rows = set.as<Shape<2, 1>>();
  static_assert(std::is_same_v<decltype(rows)::shape, Shape<2, 1>>);
  CHECK(rows.name == "small");
  CHECK(rows.classes == 3);
  CHECK(rows.synthetic);
  CHECK(rows.pixels == set.pixels);
  CHECK(rows.labels == set.labels);
}

TEST_CASE("another shape of a temporary copies nothing") {
  data::Split<Shape<1, 1, 2>> split{{"a", 2, {1, 2}, {0}}, {"b", 2, {3, 4}, {1}}};
  const std::uint8_t* const train_pixels = split.train.pixels.data();
  const std::uint8_t* const test_pixels = split.test.pixels.data();
  const auto rows = std::move(split).as<Shape<2>>();
  CHECK(rows.train.pixels.data() == train_pixels);
  CHECK(rows.test.pixels.data() == test_pixels);
  CHECK(rows.test.name == "b");
}

TEST_CASE("a split unpacks into train and test") {
  auto [train, test] = data::Split<Shape<1, 1, 2>>{{"a", 2, {1, 2}, {0}}, {"b", 2, {3, 4}, {1}}};
  CHECK(train.name == "a");
  CHECK(test.sample(0)[0] == 3);
}
