// SPDX-License-Identifier: MIT
#include "odot/expressions/products.hpp"

#include <doctest/doctest.h>

#include "odot/kernels/matmul/cpu/matmul.hpp"
#include "odot/kernels/parallel/cpu/parallel.hpp"
#include "support/expression_reductions.hpp"
#include "support/expression_tiles.hpp"

using namespace odot;
using namespace odot::test;

TEST_CASE("matrices are multiplied as they lie, in tensors and batches") {
  check_products<Cpu, double, 3, 4, 5>(3);
  check_products<Cpu, float, 17, 7, 2>(1);
}

TEST_CASE_TEMPLATE("a product goes into its target, which may be an operand too", S, float, double) {
  for (const std::size_t samples : {0, 1, 3}) check_targets_of_products<Cpu, S>(samples);
}

TEST_CASE_TEMPLATE("argmax finds the first of equal elements, and NaN before all", S, float, double) {
  check_argmax<Cpu, S>(3);
}

TEST_CASE("cast converts, and what has been cast is computed with") { check_casts<Cpu>(); }
