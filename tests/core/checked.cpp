// SPDX-License-Identifier: MIT
#include "odot/core/checked.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <random>
#include <string>
#include <vector>

using namespace odot;

static_assert(checked_product("", 6, 7) == 42 && checked_int("", 42) == 42);

namespace {
constexpr std::size_t most = std::numeric_limits<std::size_t>::max() / 2;
}

TEST_CASE("a product that memory can have is the product, up to the last one") {
  CHECK(checked_product("x", 0, most) == 0);
  CHECK(checked_product("x", most, 0) == 0);
  CHECK(checked_product("x", most, 1) == most);
  CHECK(checked_product("x", 1, most) == most);
  CHECK(checked_product("x", most / 3, 3) == most / 3 * 3);
}

TEST_CASE("a larger one is refused with both factors") {
  CHECK_THROWS_WITH_AS(checked_product("odot::Batch", most, 2),
                       doctest::Contains(("odot::Batch: " + std::to_string(most) + " × 2 is more").c_str()),
                       ArgumentError);
  for (const std::size_t factor : {std::size_t{2}, std::size_t{3}, std::size_t{1} << 20, most}) {
    CHECK_THROWS_AS(checked_product("x", most / factor + 1, factor), ArgumentError);
    CHECK_THROWS_AS(checked_product("x", factor, most / factor + 1), ArgumentError);
  }
}

TEST_CASE("random factors are multiplied or refused as long double says") {
  std::mt19937_64 random(1);
  for (int i = 0; i < 10'000; ++i) {
    const auto a = static_cast<std::size_t>(random() >> random() % 64);
    const auto b = static_cast<std::size_t>(random() >> random() % 64);
    const long double product = static_cast<long double>(a) * static_cast<long double>(b);
    bool refused = false;
    std::size_t found = a * b;
    try {
      found = checked_product("x", a, b);
    } catch (const ArgumentError&) {
      refused = true;
    }
    CHECK(found == a * b);
    if (product < 0.999L * static_cast<long double>(most)) CHECK_FALSE(refused);
    if (product > 1.001L * static_cast<long double>(most)) CHECK(refused);
  }
}

TEST_CASE(
    "an array without elements has no bytes, but the product of its other extents must be one that memory can hold") {
  using Extents = std::vector<std::size_t>;
  const std::size_t half = std::size_t{1} << 32;
  CHECK(array_bytes(Extents{}, 4) == 4);
  CHECK(array_bytes(Extents{2, 3}, 4) == 24);
  CHECK(array_bytes(Extents{0}, 8) == 0);
  CHECK(array_bytes(Extents{most}, 1) == most);
  CHECK_FALSE(array_bytes(Extents{most}, 2));
  CHECK_FALSE(array_bytes(Extents{half, half}, 1));  // 2⁶⁴ wraps to 0
  Extents order{0, half, half / 16};
  std::sort(order.begin(), order.end());
  do {
    CHECK(array_bytes(order, 4) == 0);
    CHECK_FALSE(array_bytes(order, 8));
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST_CASE("what is no int is refused") {
  constexpr auto largest = static_cast<std::size_t>(std::numeric_limits<int>::max());
  CHECK(checked_int("x", largest) == std::numeric_limits<int>::max());
  CHECK_THROWS_WITH_AS(checked_int("a product", largest + 1),
                       "a product: an extent of 2147483648, at most 2147483647; choose a smaller batch", ArgumentError);
}
