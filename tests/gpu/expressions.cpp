// SPDX-License-Identifier: MIT
// Expressions on the Gpu: the lists of cases that tests/expressions/ checks on the Cpu.

#include <doctest/doctest.h>

#include <cstdint>
#include <utility>

#include "odot/gpu.hpp"
#include "odot/odot.hpp"
#include "support/expression_assignments.hpp"
#include "support/expression_functions.hpp"
#include "support/expression_random.hpp"
#include "support/expression_reductions.hpp"
#include "support/expression_shapes.hpp"

using namespace odot;
using namespace odot::test;

TEST_CASE_TEMPLATE("gpu: operators and functions of expressions match the C++ library", S, float, double) {
  check_arithmetic<Gpu, S>();
  check_comparisons<Gpu, S>();
  check_functions<Gpu, S>();
}

TEST_CASE("gpu: operands of every shape broadcast as numpy's do") {
  check_broadcasting<Gpu, float, 5, 2, 5>(3);
  check_sizes<Gpu, float, 1, 3, 4, 5, 33, 16385>();
}

TEST_CASE("gpu: slices, transposes, permutations and reshapes are read and written") {
  check_arrangements<Gpu, float, 2, 3, 5>(3);
}

TEST_CASE("gpu: any axes are reduced, and samples") {
  check_all_axes<Gpu, double, Shape<3, 4, 5>>(3);
  check_nested_reductions<Gpu, float>(40);
  for (const std::size_t samples : {0, 1, 5, 2000}) check_batch_sums<Gpu, float, Shape<2, 5>>(samples);
  check_batch_sums<Gpu, float, Shape<65, 67>>(9);
  check_long_sums<Gpu, float>();
  check_reductions_of_no_numbers<Gpu, float>();
}

TEST_CASE("gpu: matrices are multiplied as they lie, the largest elements found, scalars converted") {
  check_products<Gpu, float, 3, 4, 5>(3);
  check_argmax<Gpu, float>(3);
  check_casts<Gpu>();
}

TEST_CASE("gpu: tensors, batches and views are assigned and changed, one or several at once") {
  check_operators_of_assignment<Gpu, float>();
  check_batches_that_grow<Gpu, float>();
  check_nothing<Gpu, float>();
  for (const std::size_t samples : {0, 1, 130}) check_several_at_once<Gpu, float, Shape<3, 7>>(samples);
  check_exchanges<Gpu, float>();
}

TEST_CASE("gpu: overlap and samples that differ are errors") {
  check_overlap<Gpu, float>();
  check_samples<Gpu, float>();
}

TEST_CASE("gpu: results have the same bits on any number of threads and at any place in a batch") {
  check_bits<Gpu, float>();
}

TEST_CASE("gpu: an assignment takes no memory after the first time") {
  check_allocates_nothing<Gpu, float>([] { return 0; });
}

TEST_CASE("gpu: random expressions have the values that an interpreter finds element by element") {
  check_random_expressions<Gpu, double, 3, 5, 3, 0>(std::make_integer_sequence<std::uint32_t, 12>());
  check_random_expressions<Gpu, float, 5, 5, 2, 100>(std::make_integer_sequence<std::uint32_t, 12>());
}
