// SPDX-License-Identifier: MIT
// Element-wise attention on the Gpu: long sequences, numbers of any size, NaN. What the Cpu's must do, and the same.

#include <doctest/doctest.h>

#include "odot/gpu.hpp"
#include "odot/odot.hpp"
#include "support/element_wise_range.hpp"

using namespace odot;
using namespace odot::test;

TEST_CASE("the series of a hundred thousand tokens is as in double, forward and backward on the Gpu") {
  check_long_series<Gpu>();
}

TEST_CASE("the full form of thousands of tokens is as in double, forward and backward on the Gpu") {
  check_long_full_form<Gpu>();
}

TEST_CASE("keys that fall or rise a little with every token cost no precision on the Gpu") {
  check_drifting_keys_of_forms<Gpu>();
}

TEST_CASE("queries, keys and values of any size give what the definition gives on the Gpu") {
  check_random_sizes_of_forms<Gpu>();
}

TEST_CASE("small differences of large squares are exact, whatever the compiler fuses on the Gpu") {
  check_small_differences_of_forms<Gpu>();
}

TEST_CASE("a large query of small keys gets the definition's value on the Gpu") { check_large_queries_of_forms<Gpu>(); }

TEST_CASE("keys that weigh nothing leave the powers of the others as they are on the Gpu") {
  check_keys_that_weigh_nothing_of_forms<Gpu>();
}

TEST_CASE("what depends on a NaN or an infinity is not finite, and all else is as it was on the Gpu") {
  check_not_finite_of_forms<Gpu, float>();
  check_not_finite_of_forms<Gpu, double>();
}

TEST_CASE(
    "infinite values and gradients stay infinite, with their sign, in sums over any number of tokens on the Gpu") {
  check_infinite_values_of_forms<Gpu, float>();
  check_infinite_values_of_forms<Gpu, double>();
}

TEST_CASE("NaN keys alone in their block make what depends on them NaN on the Gpu") {
  check_blocks_of_nan_keys_of_forms<Gpu>();
}

TEST_CASE("weights end at the same exponent as on every other device on the Gpu") {
  check_least_exponent_of_forms<Gpu>();
}
