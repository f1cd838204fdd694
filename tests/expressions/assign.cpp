// SPDX-License-Identifier: MIT
#include "odot/expressions/assign.hpp"

#include <doctest/doctest.h>

#include "core/allocations.hpp"
#include "odot/kernels/matmul/cpu/matmul.hpp"
#include "odot/kernels/parallel/cpu/parallel.hpp"
#include "support/expression_assignments.hpp"

using namespace odot;
using namespace odot::test;

TEST_CASE_TEMPLATE("tensors, batches and views are assigned and changed", S, float, double) {
  check_operators_of_assignment<Cpu, S>();
}

TEST_CASE("a batch becomes as many samples as what it is assigned") { check_batches_that_grow<Cpu, float>(); }

TEST_CASE("nothing is computed of no samples, and nothing written to an empty target") { check_nothing<Cpu, float>(); }

TEST_CASE("numbers of samples that differ are an error, with both") { check_samples<Cpu, float>(); }

TEST_CASE("results have the same bits on any number of threads and at any place in a batch") {
  check_bits<Cpu, float>();
  check_bits<Cpu, double>();
}

TEST_CASE("an assignment allocates nothing after the first time") {
  check_allocates_nothing<Cpu, float>([] { return allocations(); });
}
