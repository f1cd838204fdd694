// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <cstdint>
#include <utility>

#include "odot/kernels/matmul/cpu/matmul.hpp"
#include "odot/kernels/parallel/cpu/parallel.hpp"
#include "support/expression_random.hpp"

using namespace odot;
using namespace odot::test;

TEST_CASE("random expressions have the values that an interpreter finds element by element") {
  check_random_expressions<Cpu, double, 3, 5, 3, 0>(std::make_integer_sequence<std::uint32_t, 30>());
  check_random_expressions<Cpu, float, 5, 5, 2, 100>(std::make_integer_sequence<std::uint32_t, 30>());
  check_random_expressions<Cpu, float, 2, 19, 4, 200>(std::make_integer_sequence<std::uint32_t, 6>());
}
