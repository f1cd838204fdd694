// SPDX-License-Identifier: MIT
// Element-wise attention on the CPU: long sequences, numbers of any size, NaN.
#include <doctest/doctest.h>

#include "odot/kernels/element_wise_attention/cpu/element_wise_attention.hpp"
#include "support/element_wise_range.hpp"

using namespace odot;
using namespace odot::test;

TEST_CASE("the series of a hundred thousand tokens is as in double, forward and backward") { check_long_series<Cpu>(); }

TEST_CASE("the full form of thousands of tokens is as in double, forward and backward") { check_long_full_form<Cpu>(); }

TEST_CASE("keys that fall or rise a little with every token cost no precision") { check_drifting_keys_of_forms<Cpu>(); }

TEST_CASE("queries, keys and values of any size give what the definition gives") { check_random_sizes_of_forms<Cpu>(); }

TEST_CASE("small differences of large squares are exact, whatever the compiler fuses") {
  check_small_differences_of_forms<Cpu>();
}

TEST_CASE("a large query of small keys gets the definition's value") { check_large_queries_of_forms<Cpu>(); }

TEST_CASE("keys that weigh nothing leave the powers of the others as they are") {
  check_keys_that_weigh_nothing_of_forms<Cpu>();
}

TEST_CASE("what depends on a NaN or an infinity is not finite, and all else is as it was") {
  check_not_finite_of_forms<Cpu, float>();
  check_not_finite_of_forms<Cpu, double>();
}

TEST_CASE("infinite values and gradients stay infinite, with their sign, in sums over any number of tokens") {
  check_infinite_values_of_forms<Cpu, float>();
  check_infinite_values_of_forms<Cpu, double>();
}

TEST_CASE("NaN keys alone in their block make what depends on them NaN") { check_blocks_of_nan_keys_of_forms<Cpu>(); }

TEST_CASE("weights end at the same exponent as on every other device") { check_least_exponent_of_forms<Cpu>(); }
