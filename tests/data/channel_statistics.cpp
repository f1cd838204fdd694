// SPDX-License-Identifier: MIT
#include "odot/data/channel_statistics.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

using namespace odot;
using Set = data::Dataset<Shape<2, 1, 2>>;

TEST_CASE("mean and deviation are those of each channel's pixels / 255") {
  const Set set{.name = "two", .values = {0, 255, 10, 20, 255, 0, 30, 40}, .targets = {0, 1}};
  const auto statistics = data::channel_statistics(set);
  REQUIRE(statistics.mean.size() == 2);
  REQUIRE(statistics.deviation.size() == 2);
  CHECK(std::abs(statistics.mean[0] - 0.5) <= 1e-15);
  CHECK(std::abs(statistics.deviation[0] - 0.5) <= 1e-15);
  CHECK(std::abs(statistics.mean[1] - 25.0 / 255) <= 1e-15);
  CHECK(std::abs(statistics.deviation[1] - std::sqrt(125.0) / 255) <= 1e-15);
}

TEST_CASE("an empty set and a channel of one value are refused") {
  CHECK_THROWS_AS(data::channel_statistics(Set{.name = "none"}), ArgumentError);
  CHECK_THROWS_WITH_AS(data::channel_statistics(Set{.name = "flat", .values = {0, 255, 7, 7}, .targets = {0}}),
                       doctest::Contains("channel 1 of \"flat\""), ArgumentError);
}

TEST_CASE("one pixel that differs among many is seen") {
  constexpr std::size_t samples = 2'000'000;
  Set set{.name = "nearly flat",
          .values = std::vector<std::uint8_t>(samples * 4, 255),
          .targets = std::vector<std::int32_t>(samples)};
  set.values[5] = set.values[2] = 254;
  const auto statistics = data::channel_statistics(set);
  const double share = 1.0 / (2 * samples), expected = std::sqrt(share * (1 - share)) / 255;
  for (const double deviation : statistics.deviation) CHECK(std::abs(deviation / expected - 1) <= 1e-9);
}
