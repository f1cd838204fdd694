// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include "odot/kernels/parallel/cpu/parallel.hpp"
#include "support/expression_functions.hpp"

using namespace odot;
using namespace odot::test;

TEST_CASE_TEMPLATE("arithmetic of expressions is that of their elements", S, float, double) {
  check_arithmetic<Cpu, S>();
}

TEST_CASE_TEMPLATE("comparisons choose, and are 1 and 0 as numbers", S, float, double) { check_comparisons<Cpu, S>(); }

TEST_CASE_TEMPLATE("functions of expressions match the C++ library", S, float, double) { check_functions<Cpu, S>(); }
