// SPDX-License-Identifier: MIT
#include "odot/expressions/arrangements.hpp"

#include <doctest/doctest.h>

#include "odot/kernels/parallel/cpu/parallel.hpp"
#include "support/expression_shapes.hpp"

using namespace odot;
using namespace odot::test;

TEST_CASE("slices, transposes, permutations and reshapes are read and written") {
  check_arrangements<Cpu, double, 2, 3, 5>(3);
  check_arrangements<Cpu, float, 3, 2, 19>(1);
}
