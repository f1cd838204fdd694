// SPDX-License-Identifier: MIT
// Element-wise attention on the Gpu: long sequences, numbers of any size, NaN. What the Cpu's must do, and the same.

#include <doctest/doctest.h>

#include "odot/gpu.hpp"
#include "odot/odot.hpp"
#include "support/element_wise_cases.hpp"

using namespace odot;
using namespace odot::test;

namespace {

using Form = kernels::ElementWiseForm;
constexpr Form full{.order = 0}, causal_full{.order = 0, .causal = true};
constexpr Form ea2{.order = 2}, ea6{.order = 6}, ea16{.order = 16};
constexpr Form causal2{.order = 2, .causal = true}, causal6{.order = 6, .causal = true};

}  // namespace

TEST_CASE("the series of tens of thousands of tokens is as in double on the Gpu") {
  check_long_sequence<ea2, Gpu, 50'000>();
  check_long_sequence<ea6, Gpu, 20'000>();
  check_long_sequence<causal2, Gpu, 50'000>();
  check_long_sequence<causal6, Gpu, 20'000>();
}

TEST_CASE("the full form of a thousand tokens is as in double on the Gpu") {
  check_long_sequence<full, Gpu, 1'000>();
  check_long_sequence<causal_full, Gpu, 1'000>();
}

TEST_CASE("keys that fall or rise a little with every token cost no precision on the Gpu") {
  check_drifting_keys<ea6, Gpu>();
  check_drifting_keys<causal2, Gpu>();
}

TEST_CASE("queries, keys and values of any size give what the definition gives on the Gpu") {
  check_random_sizes<full, Gpu>(10);
  check_random_sizes<causal_full, Gpu>(10);
  check_random_sizes<ea2, Gpu>(10);
  check_random_sizes<ea16, Gpu>(10);
  check_random_sizes<causal6, Gpu>(10);
}

TEST_CASE("small differences of large squares are exact on the Gpu") {
  check_small_differences<full, Gpu>();
  check_small_differences<ea6, Gpu>();
  check_small_differences<causal6, Gpu>();
}

TEST_CASE("a large query of small keys gets the definition's value on the Gpu") {
  check_large_queries<ea6, Gpu>();
  check_large_queries<ea16, Gpu>();
  check_large_queries<causal6, Gpu>();
}

TEST_CASE("what depends on a NaN or an infinity is not finite on the Gpu, and all else is as it was") {
  check_not_finite<full, Gpu, float>();
  check_not_finite<causal_full, Gpu, float>();
  check_not_finite<ea6, Gpu, float>();
  check_not_finite<causal6, Gpu, float>();
}

TEST_CASE("NaN keys alone in their block make what depends on them NaN on the Gpu") {
  check_blocks_of_nan_keys<ea6, Gpu, float>();
  check_blocks_of_nan_keys<causal6, Gpu, float>();
  check_blocks_of_nan_keys<causal6, Gpu, double>();
}

TEST_CASE("weights end at the same exponent as on every other device on the Gpu") {
  check_least_exponent<ea2, Gpu, float>();
  check_least_exponent<causal2, Gpu, float>();
  check_least_exponent<ea2, Gpu, double>();
}
