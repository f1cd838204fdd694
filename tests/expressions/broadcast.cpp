// SPDX-License-Identifier: MIT
#include "odot/expressions/broadcast.hpp"

#include <doctest/doctest.h>

#include "odot/kernels/parallel/cpu/parallel.hpp"
#include "support/expression_shapes.hpp"

using namespace odot;
using namespace odot::test;

template <class A, class B>
using Both = typename expressions::Broadcast<A, B>::type;
static_assert(std::is_same_v<Both<Shape<3, 5>, Shape<5>>, Shape<3, 5>>);
static_assert(std::is_same_v<Both<Shape<3, 1>, Shape<1, 5>>, Shape<3, 5>>);
static_assert(std::is_same_v<Both<Shape<>, Shape<2, 2>>, Shape<2, 2>>);
static_assert(std::is_same_v<Both<Shape<1>, Shape<>>, Shape<1>>);

TEST_CASE("operands of every shape broadcast as numpy's do") {
  for (const std::size_t samples : {1, 3}) {
    check_broadcasting<Cpu, double, 3, 4, 5>(samples);
    check_broadcasting<Cpu, float, 5, 2, 5>(
        samples);  // channels and columns are as many: [C] is a row, [C, 1, 1] channels
  }
}

TEST_CASE("operands broadcast over rows that are longer than registers") {
  check_broadcasting<Cpu, float, 2, 3, 37>(2);
}

TEST_CASE("any number of elements is computed, whatever registers and chunks hold") {
  check_sizes<Cpu, float, 1, 3, 4, 7, 8, 9, 15, 16, 17, 33, 16383, 16384, 16385>();
  check_sizes<Cpu, double, 1, 2, 7, 9, 31, 40000>();
}
