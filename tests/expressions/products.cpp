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

TEST_CASE("a product that occurs several times is computed once; others are told apart by operands and layout") {
  const auto needed = [](const auto& work) {
    Workspace<Cpu> workspace(1);
    const WorkspaceScope<Cpu> scope(workspace);
    work();
    return workspace.capacity();
  };
  Batch<Shape<128, 32>> x(2), z(2);
  Batch<Shape<128, 128>> y(2), expected(2);
  for (std::size_t i = 0; i < x.size(); ++i) {
    x.span()[i] = static_cast<float>(i * 7919 % 13) - 6;
    z.span()[i] = static_cast<float>(i * 104729 % 11) - 5;
  }
  const auto p = matmul(x, transpose(x)), q = matmul(z, transpose(x));
  const std::size_t bytes = y.size() * sizeof(float);
  CHECK(needed([&] { y = p * p + 2 * p - q * q; }) >= 2 * bytes);
  CHECK(needed([&] { y = p * p + 2 * p; }) < 2 * bytes);
  expected = p;
  Batch<Shape<128, 128>> other(2);
  other = q;
  y = p * p + 2 * p - q * q + matmul(x, transpose(z));  // exact: whole numbers below 2²⁴
  for (std::size_t n = 0; n < 2; ++n)
    for (std::size_t i = 0; i < 128; ++i)
      for (std::size_t j = 0; j < 128; ++j) {
        const float a = expected[n][i * 128 + j], b = other[n][i * 128 + j];
        REQUIRE(y[n][i * 128 + j] == a * a + 2 * a - b * b + other[n][j * 128 + i]);
      }
}
