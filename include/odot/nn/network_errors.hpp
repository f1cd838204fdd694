#pragma once
// SPDX-License-Identifier: MIT
// The errors of a Network whose arguments do not fit each other.

#include <cstddef>
#include <string>

#include "odot/core/config.hpp"
#include "odot/core/error.hpp"

namespace odot::nn::detail {

[[noreturn]] ODOT_COLD inline void refuse_outputs(std::size_t inputs, std::size_t outputs) {
  throw ArgumentError("odot::Network::predict: x has " + std::to_string(inputs) + " samples, y has " +
                      std::to_string(outputs) + "; the numbers must be equal");
}

[[noreturn]] ODOT_COLD inline void refuse_labels(std::size_t inputs, std::size_t labels) {
  throw ArgumentError("odot::Network::classify: x has " + std::to_string(inputs) + " samples, and there is room for " +
                      std::to_string(labels) + " labels; the numbers must be equal");
}

/// each: targets per sample
[[noreturn]] ODOT_COLD inline void refuse_targets(std::size_t samples, std::size_t targets, std::size_t each) {
  throw ArgumentError("odot::Network::compute_gradients: " + std::to_string(samples) + " samples and " +
                      std::to_string(targets) + " targets; there must be " + std::to_string(each) +
                      " per sample, and at least one sample");
}

}  // namespace odot::nn::detail
