// SPDX-License-Identifier: MIT
// Element-wise attention on the CPU: long sequences, numbers of any size, NaN.
#include <doctest/doctest.h>

#include "odot/kernels/element_wise_attention/cpu.hpp"
#include "support/element_wise_cases.hpp"

using namespace odot;
using namespace odot::test;

namespace {

using Form = kernels::ElementWiseForm;
constexpr Form full{.order = 0}, causal_full{.order = 0, .causal = true};
constexpr Form ea2{.order = 2}, ea6{.order = 6}, ea16{.order = 16};
constexpr Form causal2{.order = 2, .causal = true}, causal6{.order = 6, .causal = true},
    causal16{.order = 16, .causal = true};

}  // namespace

TEST_CASE("the series of a hundred thousand tokens is as in double, forward and backward") {
  check_long_sequence<ea2, Cpu, 100'000>();
  check_long_sequence<ea6, Cpu, 100'000>();
  check_long_sequence<causal2, Cpu, 100'000>();
  check_long_sequence<causal6, Cpu, 100'000>();
}

TEST_CASE("the full form of thousands of tokens is as in double, forward and backward") {
  check_long_sequence<full, Cpu, 3'000>();
  check_long_sequence<causal_full, Cpu, 3'000>();
}

TEST_CASE("keys that fall or rise a little with every token cost no precision") {
  check_drifting_keys<ea6, Cpu>();
  check_drifting_keys<causal2, Cpu>();
  check_drifting_keys<causal6, Cpu>();
}

TEST_CASE("queries, keys and values of any size give what the definition gives") {
  check_random_sizes<full, Cpu>(30);
  check_random_sizes<causal_full, Cpu>(30);
  check_random_sizes<ea2, Cpu>(30);
  check_random_sizes<ea6, Cpu>(30);
  check_random_sizes<ea16, Cpu>(30);
  check_random_sizes<causal2, Cpu>(30);
  check_random_sizes<causal6, Cpu>(30);
  check_random_sizes<causal16, Cpu>(30);
}

TEST_CASE("small differences of large squares are exact, whatever the compiler fuses") {
  check_small_differences<full, Cpu>();
  check_small_differences<causal_full, Cpu>();
  check_small_differences<ea2, Cpu>();
  check_small_differences<ea6, Cpu>();
  check_small_differences<causal6, Cpu>();
}

TEST_CASE("a large query of small keys gets the definition's value") {
  check_large_queries<ea2, Cpu>();
  check_large_queries<ea6, Cpu>();
  check_large_queries<ea16, Cpu>();
  check_large_queries<causal2, Cpu>();
  check_large_queries<causal16, Cpu>();
}

TEST_CASE("what depends on a NaN or an infinity is not finite, and all else is as it was") {
  const auto check = []<class S>() {
    check_not_finite<full, Cpu, S>();
    check_not_finite<causal_full, Cpu, S>();
    check_not_finite<ea6, Cpu, S>();
    check_not_finite<causal6, Cpu, S>();
  };
  check.operator()<float>();
  check.operator()<double>();
}

TEST_CASE("NaN keys alone in their block make what depends on them NaN") {
  check_blocks_of_nan_keys<ea6, Cpu, float>();
  check_blocks_of_nan_keys<causal6, Cpu, float>();
  check_blocks_of_nan_keys<causal6, Cpu, double>();
}

TEST_CASE("weights end at the same exponent as on every other device") {
  check_least_exponent<ea2, Cpu, float>();
  check_least_exponent<causal2, Cpu, float>();
  check_least_exponent<ea2, Cpu, double>();
}
