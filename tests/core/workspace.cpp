// SPDX-License-Identifier: MIT
#include "odot/core/workspace.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "core/allocations.hpp"

using namespace odot;

namespace {

/// A pass with nested frames that needs several blocks the first time.
void pass(Workspace<>& workspace) {
  auto outer = workspace.frame();
  float* const kept = outer.take<float>(50'000);
  std::fill_n(kept, 50'000, 1.0f);
  for (std::size_t i = 1; i <= 4; ++i) {
    auto inner = workspace.frame();
    std::fill_n(inner.take<double>(i * 20'000), i * 20'000, 2.0);
    std::fill_n(inner.take<char>(i), i, 'x');
  }
  std::fill_n(outer.take<int>(100'000), 100'000, 3);
  REQUIRE(std::all_of(kept, kept + 50'000, [](float value) { return value == 1.0f; }));
}

}  // namespace

TEST_CASE("a second pass with the same sizes allocates nothing") {
  Workspace<> workspace(1);
  pass(workspace);
  const std::size_t capacity = workspace.capacity(), before = test::allocations();
  pass(workspace);
  pass(workspace);
  CHECK(test::allocations() == before);
  CHECK(workspace.capacity() == capacity);
}

TEST_CASE("a pass that needs less allocates nothing, one that needs more grows") {
  Workspace<> workspace(1);
  {
    workspace.frame().take<char>(1'000'000);
  }
  const std::size_t capacity = workspace.capacity(), before = test::allocations();
  CHECK(capacity >= 1'000'000);
  {
    workspace.frame().take<char>(10);
  }
  CHECK(test::allocations() == before);
  {
    workspace.frame().take<char>(5'000'000);
  }
  CHECK(workspace.capacity() >= 5'000'000);
}

TEST_CASE("what a frame took is given back at its end") {
  Workspace<> workspace(1);
  auto outer = workspace.frame();
  const char* const first = outer.take<char>(100);
  char* again = nullptr;
  {
    auto inner = workspace.frame();
    again = inner.take<char>(100);
    CHECK(again != first);
  }
  CHECK(outer.take<char>(100) == again);
}

TEST_CASE("memory is aligned and does not overlap, across growth too") {
  Workspace<> workspace(1);
  auto frame = workspace.frame();
  std::vector<std::pair<unsigned char*, std::size_t>> taken;
  for (std::size_t i = 0; i < 60; ++i) {
    const std::size_t count = 1 + i * i * 37 % 9001;
    taken.emplace_back(frame.take<unsigned char>(count), count);
    CHECK(reinterpret_cast<std::uintptr_t>(taken[i].first) % Cpu::alignment == 0);
    std::fill_n(taken[i].first, count, static_cast<unsigned char>(i));
  }
  CHECK(workspace.capacity() > std::size_t{1} << 16);  // more than one block was needed
  for (std::size_t i = 0; i < taken.size(); ++i) {
    const auto [memory, count] = taken[i];
    CHECK(std::all_of(memory, memory + count, [i](unsigned char byte) { return byte == i; }));
  }
}

TEST_CASE("an inner frame that starts before anything was taken leaves the outer one in order") {
  Workspace<> workspace(1);
  auto outer = workspace.frame();
  for (int round = 0; round < 3; ++round) {
    auto inner = workspace.frame();
    inner.take<char>(70'000);
    inner.take<char>(200'000);
  }
  int* const memory = outer.take<int>(10);
  std::fill_n(memory, 10, 5);
  CHECK(memory[9] == 5);
}

TEST_CASE("taking nothing is no error") {
  Workspace<> workspace(1);
  auto frame = workspace.frame();
  CHECK(frame.take<double>(0) != nullptr);
  CHECK(frame.take<double>(1) != nullptr);
}

TEST_CASE("a moved workspace keeps its memory") {
  Workspace<> workspace(2);
  {
    workspace.frame().take<char>(300'000);
  }
  const std::size_t capacity = workspace.capacity();
  Workspace<> moved(std::move(workspace));
  CHECK(moved.capacity() == capacity);
  CHECK(moved.threads() == 2);
  const std::size_t before = test::allocations();
  {
    moved.frame().take<char>(300'000);
  }
  CHECK(test::allocations() == before);
}

TEST_CASE("a workspace has the threads it was asked for") {
  CHECK(Workspace<>(3).threads() == 3);
  CHECK(Workspace<>().threads() == default_threads());
  CHECK_THROWS_WITH_AS(Workspace<>(-1), "odot::Workspace: threads must be 0 (all) or more, found -1", ArgumentError);
}

TEST_CASE("more than memory can have is refused, and the workspace stays usable") {
  constexpr std::size_t most = std::numeric_limits<std::size_t>::max();
  Workspace<> workspace(1);
  auto frame = workspace.frame();
  frame.take<float>(10);
  for (const std::size_t count : {most, most - 1, most / 4 + 2, most / 8 + 1})
    CHECK_THROWS_AS(frame.take<float>(count), ArgumentError);
  CHECK_THROWS_AS(frame.take<char>(most - 8), ArgumentError);
  CHECK(frame.take<float>(10) != nullptr);
}
