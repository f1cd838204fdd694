// SPDX-License-Identifier: MIT
#include "odot/optim/state.hpp"

#include <doctest/doctest.h>

#include <span>
#include <string>
#include <type_traits>
#include <utility>

using namespace odot;
using optim::State;

// What is const hands out what is const.
static_assert(std::is_same_v<decltype(std::declval<const State&>().block<float, Cpu>(0)), std::span<const float>>);
static_assert(std::is_same_v<decltype(std::declval<State&>().block<float, Cpu>(0)), std::span<float>>);

TEST_CASE("blocks start at zero and keep what is written") {
  State state;
  CHECK(state.empty());
  state.allocate<float, Cpu>(2, 5);
  CHECK_FALSE(state.empty());
  CHECK(state.size() == 5);
  for (const std::size_t b : {0u, 1u})
    for (const float value : state.block<float, Cpu>(b)) CHECK(value == 0);
  state.block<float, Cpu>(1)[3] = 7;
  CHECK(state.block<float, Cpu>(1)[3] == 7);
  CHECK(state.block<float, Cpu>(0)[3] == 0);
}

TEST_CASE("a block of another scalar, or of nothing yet, is refused") {
  State state;
  CHECK_THROWS_WITH_AS((state.block<float, Cpu>(0)), "odot::optim: the optimizer has no state before its first step",
                       ArgumentError);
  state.allocate<float, Cpu>(1, 5);
  CHECK_THROWS_WITH_AS(
      (state.block<double, Cpu>(0)),
      "odot::optim: the optimizer's state is of another scalar type or device than the network; use one "
      "optimizer per network",
      ArgumentError);
}
