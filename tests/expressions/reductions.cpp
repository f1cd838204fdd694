// SPDX-License-Identifier: MIT
#include "odot/expressions/reductions.hpp"

#include <doctest/doctest.h>

#include "odot/kernels/parallel/cpu/parallel.hpp"
#include "support/expression_reductions.hpp"

using namespace odot;
using namespace odot::test;

TEST_CASE("any axes are reduced") {
  check_all_axes<Cpu, double, Shape<3, 4, 5>>(3);
  check_all_axes<Cpu, float, Shape<2, 3, 37>>(2);
}

TEST_CASE("reductions stand inside expressions, and inside each other") {
  check_nested_reductions<Cpu, double>(3);
  check_nested_reductions<Cpu, float>(40);
}

TEST_CASE("samples are summed") {
  for (const std::size_t samples : {0, 1, 5, 63, 64, 65, 2000}) check_batch_sums<Cpu, float, Shape<2, 5>>(samples);
  check_batch_sums<Cpu, double, Shape<2, 5>>(200);
  check_batch_sums<Cpu, float, Shape<65, 67>>(9);  // so many columns that they are shared out
}

TEST_CASE_TEMPLATE("long sums are as exact as short ones", S, float, double) { check_long_sums<Cpu, S>(); }

TEST_CASE_TEMPLATE("reductions keep NaN and infinity", S, float, double) { check_reductions_of_no_numbers<Cpu, S>(); }
