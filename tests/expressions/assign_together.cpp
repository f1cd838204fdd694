// SPDX-License-Identifier: MIT
#include "odot/expressions/assign_together.hpp"

#include <doctest/doctest.h>

#include "odot/kernels/parallel/cpu/parallel.hpp"
#include "support/expression_assignments.hpp"

using namespace odot;
using namespace odot::test;

TEST_CASE("gradients of input and parameters are assigned at once, or without the input's") {
  for (const std::size_t samples : {0, 1, 5, 130}) {
    check_several_at_once<Cpu, float, Shape<3, 7>>(samples);
    check_several_at_once<Cpu, double, Shape<16>>(samples);
  }
  check_several_at_once<Cpu, float, Shape<5000>>(3);
}

TEST_CASE("right sides are taken before anything is stored") {
  check_exchanges<Cpu, float>();
  check_exchanges<Cpu, double>();
}
