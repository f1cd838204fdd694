#pragma once
// SPDX-License-Identifier: MIT
// Which forms of element-wise attention run which cases of support/element_wise_cases.hpp: one list for every device.

#include "support/element_wise_cases.hpp"

namespace odot::test {

using ElementWiseForm = kernels::ElementWiseForm;
inline constexpr ElementWiseForm full{.order = 0}, causal_full{.order = 0, .causal = true};
inline constexpr ElementWiseForm ea2{.order = 2}, ea6{.order = 6}, ea16{.order = 16};
inline constexpr ElementWiseForm causal2{.order = 2, .causal = true}, causal6{.order = 6, .causal = true},
    causal16{.order = 16, .causal = true};

template <DeviceType Device>
void check_long_series() {
  constexpr std::size_t L = 100'000;
  check_long_sequence<ea2, Device, L>();
  check_long_sequence<ea6, Device, L>();
  check_long_sequence<causal2, Device, L>();
  check_long_sequence<causal6, Device, L>();
}

template <DeviceType Device>
void check_long_full_form() {
  constexpr std::size_t L = 3'000;
  check_long_sequence<full, Device, L>();
  check_long_sequence<causal_full, Device, L>();
}

template <DeviceType Device>
void check_drifting_keys_of_forms() {
  check_drifting_keys<ea6, Device>();
  check_drifting_keys<causal2, Device>();
  check_drifting_keys<causal6, Device>();
}

template <DeviceType Device>
void check_random_sizes_of_forms() {
  constexpr int trials = 30;
  check_random_sizes<full, Device>(trials);
  check_random_sizes<causal_full, Device>(trials);
  check_random_sizes<ea2, Device>(trials);
  check_random_sizes<ea6, Device>(trials);
  check_random_sizes<ea16, Device>(trials);
  check_random_sizes<causal2, Device>(trials);
  check_random_sizes<causal6, Device>(trials);
  check_random_sizes<causal16, Device>(trials);
}

template <DeviceType Device>
void check_small_differences_of_forms() {
  check_small_differences<full, Device>();
  check_small_differences<causal_full, Device>();
  check_small_differences<ea2, Device>();
  check_small_differences<ea6, Device>();
  check_small_differences<causal6, Device>();
}

template <DeviceType Device>
void check_large_queries_of_forms() {
  check_large_queries<ea2, Device>();
  check_large_queries<ea6, Device>();
  check_large_queries<ea16, Device>();
  check_large_queries<causal2, Device>();
  check_large_queries<causal6, Device>();
  check_large_queries<causal16, Device>();
}

template <DeviceType Device>
void check_keys_that_weigh_nothing_of_forms() {
  check_keys_that_weigh_nothing<ea2, Device>();
  check_keys_that_weigh_nothing<ea6, Device>();
  check_keys_that_weigh_nothing<ea16, Device>();
  check_keys_that_weigh_nothing<causal2, Device>();
  check_keys_that_weigh_nothing<causal6, Device>();
  check_keys_that_weigh_nothing<causal16, Device>();
}

template <DeviceType Device, class S>
void check_not_finite_of_forms() {
  check_not_finite<full, Device, S>();
  check_not_finite<causal_full, Device, S>();
  check_not_finite<ea6, Device, S>();
  check_not_finite<causal6, Device, S>();
}

template <DeviceType Device, class S>
void check_infinite_values_of_forms() {
  check_infinite_values<full, Device, S>();
  check_infinite_values<causal_full, Device, S>();
  check_infinite_values<ea2, Device, S>();
  check_infinite_values<ea6, Device, S>();
  check_infinite_values<causal2, Device, S>();
  check_infinite_values<causal6, Device, S>();
}

template <DeviceType Device>
void check_blocks_of_nan_keys_of_forms() {
  check_blocks_of_nan_keys<ea6, Device, float>();
  check_blocks_of_nan_keys<causal6, Device, float>();
  check_blocks_of_nan_keys<causal6, Device, double>();
}

template <DeviceType Device>
void check_least_exponent_of_forms() {
  check_least_exponent<ea2, Device, float>();
  check_least_exponent<causal2, Device, float>();
  check_least_exponent<ea2, Device, double>();
}

}  // namespace odot::test
