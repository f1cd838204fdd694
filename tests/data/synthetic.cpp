// SPDX-License-Identifier: MIT
#include "odot/data/synthetic.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

using namespace odot;
using data::synthetic;

namespace {

using Grey = Shape<1, 28, 28>;
using Colour = Shape<3, 32, 32>;

/// FNV-1a over bytes.
std::uint64_t checksum(std::span<const std::uint8_t> bytes) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const std::uint8_t byte : bytes) hash = (hash ^ byte) * 0x100000001b3;
  return hash;
}

}  // namespace

TEST_CASE("the pixels of a seed are the same everywhere") {
  const auto grey = synthetic<Grey>(Seed{1}, 500, 100);
  CHECK(checksum(grey.train.values) == 0xee9f30e1f6ac3161);
  CHECK(checksum(grey.test.values) == 0xc39c487dc3527deb);
  const auto colour = synthetic<Colour>(Seed{1}, 500, 100);
  CHECK(checksum(colour.train.values) == 0x52c3f9a6006790c3);
  CHECK(checksum(colour.test.values) == 0x50f5f4eb2615e933);
}

TEST_CASE("any number of threads draws the same set") {
  const auto one = synthetic<Grey>(Seed{2}, 300, 70, 1);
  for (const int threads : {0, 2, 5}) {
    const auto many = synthetic<Grey>(Seed{2}, 300, 70, threads);
    CHECK(many.train.values == one.train.values);
    CHECK(many.test.values == one.test.values);
    CHECK(many.train.targets == one.train.targets);
  }
}

TEST_CASE("a larger set starts with the smaller one") {
  const auto small = synthetic<Colour>(Seed{2}, 40, 10), large = synthetic<Colour>(Seed{2}, 100, 30);
  CHECK(large.train.first(40).values == small.train.values);
  CHECK(large.test.first(10).values == small.test.values);
}

TEST_CASE("other seeds give other pixels, and train is not test") {
  const auto a = synthetic<Grey>(Seed{1}, 50, 50), b = synthetic<Grey>(Seed{2}, 50, 50);
  for (std::size_t i = 0; i < 50; ++i) {
    CHECK_FALSE(std::ranges::equal(a.train.sample(i), b.train.sample(i)));
    CHECK_FALSE(std::ranges::equal(a.train.sample(i), a.test.sample(i)));
  }
}

TEST_CASE("classes are balanced and the set is marked as synthetic") {
  auto [train, test] = synthetic<Grey>(Seed{1}, 205, 30);
  CHECK(train.name == "synthetic");
  CHECK(train.synthetic);
  CHECK(test.synthetic);
  CHECK(train.classes.size() == data::figure_count);
  CHECK(train.classes[static_cast<std::size_t>(data::Figure::checkers)] == "checkers");
  CHECK(train.size() == 205);
  CHECK(test.values.size() == 30 * Grey::size);
  std::array<int, 10> counts{};
  for (const std::int32_t label : train.targets) ++counts[static_cast<std::size_t>(label)];
  for (const int count : counts) CHECK((count == 20 || count == 21));
}

TEST_CASE("every class is drawn, and figures stand out from their paper") {
  const auto [train, test] = synthetic<Grey>(Seed{3}, 200, 1);
  for (std::size_t i = 0; i < train.size(); ++i) {
    std::vector<std::uint8_t> sorted(train.sample(i).begin(), train.sample(i).end());
    std::sort(sorted.begin(), sorted.end());
    CHECK(sorted[sorted.size() - 20] - sorted[sorted.size() / 4] >= 50);  // the figure is brighter than the paper
  }
}

TEST_CASE("figures are where geometry puts them") {
  using data::Figure;
  using data::detail::inside;
  constexpr std::int32_t r = 640;
  CHECK(inside(Figure::disc, 0, 0, r));
  CHECK(inside(Figure::disc, r, 0, r));
  CHECK_FALSE(inside(Figure::disc, r * 3 / 4, r * 3 / 4, r));
  CHECK_FALSE(inside(Figure::ring, 0, 0, r));
  CHECK(inside(Figure::ring, 0, -r * 9 / 10, r));
  CHECK(inside(Figure::square, r * 3 / 4, r * 3 / 4, r));
  CHECK_FALSE(inside(Figure::frame, 0, r / 4, r));
  CHECK(inside(Figure::frame, 0, r * 3 / 4, r));
  CHECK(inside(Figure::triangle, 0, -r * 9 / 10, r));
  CHECK_FALSE(inside(Figure::triangle, 0, r * 6 / 10, r));
  CHECK_FALSE(inside(Figure::triangle, r / 2, -r / 2, r));
  CHECK(inside(Figure::cross, r * 9 / 10, 0, r));
  CHECK_FALSE(inside(Figure::cross, r / 2, r / 2, r));
  CHECK(inside(Figure::saltire, r / 2, r / 2, r));
  CHECK_FALSE(inside(Figure::saltire, r * 9 / 10, 0, r));
  CHECK(inside(Figure::stripes, r / 4, 0, r));
  CHECK_FALSE(inside(Figure::stripes, 0, r / 4, r));
  CHECK(inside(Figure::bars, 0, r / 4, r));
  CHECK_FALSE(inside(Figure::bars, r / 4, 0, r));
  CHECK(inside(Figure::checkers, r / 3, r / 3, r));
  CHECK_FALSE(inside(Figure::checkers, r / 3, 0, r));
}

TEST_CASE("rotations keep lengths to one part in 5000") {
  for (std::int32_t k = -20; k <= 20; ++k) {
    const auto turn = data::detail::rotation(k);
    const double length = (1.0 * turn.cos * turn.cos + 1.0 * turn.sin * turn.sin) / (16384.0 * 16384.0);
    CHECK(length <= 1);
    CHECK(length >= 1 - 2.0 / 5000);
    CHECK(data::detail::rotation(-k).sin == -turn.sin);
  }
}
