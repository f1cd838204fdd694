// SPDX-License-Identifier: MIT
// What programs are handed on the Cpu; tests/gpu/runs.cpp has the same cases.

#include <doctest/doctest.h>

#include "odot/kernels/parallel/cpu/parallel.hpp"
#include "support/run_cases.hpp"

using namespace odot;
using namespace odot::test;

TEST_CASE("runs cover all elements of rows of any width, in scalars of any kind") { check_runs_of_all_widths<Cpu>(); }

TEST_CASE("blocks cover the positions asked for and no others") { check_blocks<Cpu>(); }

TEST_CASE("several sums of a row are made at once, at any length") { check_sums_of_rows<Cpu>(); }

TEST_CASE("a reduction of columns hands over each row after its terms were made") {
  check_sums_of_columns_with_rows<Cpu>();
}
