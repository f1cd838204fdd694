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
#include "support/expression_rows.hpp"
#include "support/expression_shapes.hpp"
#include "support/expression_tiles.hpp"

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

TEST_CASE("gpu: rows are reduced and written, where they were read too; NaN stays in its row") {
  check_rows<Gpu, float, 1, 10, 65, 600>(3);
  check_row_of_several_reductions<Gpu, float, 50>(3);
  check_targets_of_rows<Gpu, float, 30>(3);
  check_rows_of_two_operands<Gpu, float, 10>(3);
  check_rows_of_no_numbers<Gpu, float, 10>();
  check_numbers_of_rows<Gpu, float>(3);
}

TEST_CASE("gpu: costly parts that occur more than once have the right value, in several results too") {
  check_repeats<Gpu, float>(3);
  check_repeats_in_several_results<Gpu, float>(130);
}

TEST_CASE("gpu: operands that lie by columns, and products in their targets") {
  check_transposed<Gpu, float, 21, 38>(3);
  check_permuted<Gpu, float, 17, 5, 18>(2);
  check_targets_of_products<Gpu, float>(3);
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
