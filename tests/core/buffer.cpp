// SPDX-License-Identifier: MIT
#include "odot/core/buffer.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <utility>
#include <vector>

using namespace odot;

static_assert(DeviceType<Cpu> && !DeviceType<int>);
static_assert(!std::is_copy_constructible_v<Buffer<float>> && !std::is_copy_assignable_v<Buffer<float>>);
static_assert(std::is_nothrow_move_constructible_v<Buffer<float>> && std::is_nothrow_move_assignable_v<Buffer<float>>);

TEST_CASE("a buffer is zero at first and aligned, whatever its size") {
  for (const std::size_t count : {1u, 3u, 17u, 1000u}) {
    const Buffer<double> buffer(count);
    CHECK(buffer.size() == count);
    CHECK(reinterpret_cast<std::uintptr_t>(buffer.data()) % Cpu::alignment == 0);
    CHECK(buffer.to_host() == std::vector<double>(count));
  }
}

TEST_CASE("a buffer gives back what it was given") {
  Buffer<int> buffer(4);
  const std::vector<int> values{4, 3, 2, 1};
  buffer.from_host(values.data());
  CHECK(buffer.to_host() == values);
  CHECK(buffer.span()[0] == 4);
  CHECK(std::as_const(buffer).span().back() == 1);
  buffer.zero();
  CHECK(buffer.to_host() == std::vector<int>(4));
}

TEST_CASE("an empty buffer can do everything but hold an element") {
  Buffer<float> buffer;
  CHECK(buffer.empty());
  CHECK(Buffer<float>(0).empty());
  buffer.zero();
  const float* volatile nothing = nullptr;  // GCC warns of a null that it sees, even for no bytes
  buffer.from_host(nothing);
  CHECK(buffer.to_host().empty());
  CHECK(buffer.span().empty());
}

TEST_CASE("moving a buffer leaves nothing behind and loses nothing") {
  Buffer<int> buffer(3);
  buffer.span()[2] = 7;
  const int* const memory = buffer.data();
  Buffer<int> moved(std::move(buffer));
  CHECK(moved.data() == memory);
  CHECK(buffer.empty());  // NOLINT: a moved-from buffer is empty
  Buffer<int> assigned(5);
  assigned = std::move(moved);
  CHECK(assigned.size() == 3);
  CHECK(assigned.span()[2] == 7);
}

TEST_CASE("more elements than memory can have are refused") {
  constexpr std::size_t most = std::numeric_limits<std::size_t>::max();
  for (const std::size_t count : {most, most / 2, most / 8 + 2, most / 16 + 1})
    CHECK_THROWS_AS(Buffer<double>{count}, ArgumentError);
}
