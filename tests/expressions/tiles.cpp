// SPDX-License-Identifier: MIT
#include "odot/expressions/tiles.hpp"

#include <doctest/doctest.h>

#include "odot/expressions.hpp"
#include "odot/kernels/parallel/cpu/parallel.hpp"
#include "support/expression_tiles.hpp"

using namespace odot;
using namespace odot::test;

TEST_CASE("operands that lie by columns are read beside others, in whole squares and in parts of them") {
  check_transposed<Cpu, float, 16, 16>(2);
  check_transposed<Cpu, float, 21, 38>(3);
  check_transposed<Cpu, float, 3, 40>(2);  // too few rows for squares
  check_transposed<Cpu, double, 9, 4>(2);
}

TEST_CASE("axes are permuted whichever of them the neighbours are in") {
  check_permuted<Cpu, float, 17, 5, 18>(2);
  check_permuted<Cpu, double, 8, 9, 5>(2);
}

TEST_CASE("an element's bits do not depend on threads, or on which square it is in") {
  const auto x = drawn<Shape<40, 50>, float>(30, 1);
  const auto z = drawn<Shape<50, 40>, float>(30, 2);
  const auto bits = [&](int threads) {
    Workspace<> workspace(threads);
    const WorkspaceScope<Cpu> scope(workspace);
    return host_values(tanh(x * transpose(z)) * transpose(z));
  };
  const auto on_one = bits(1);
  CHECK(bits(3) == on_one);
  CHECK(host_values(tanh(x * eval(transpose(z))) * eval(transpose(z))) == on_one);
}
