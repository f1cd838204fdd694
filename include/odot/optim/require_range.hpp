#pragma once
// SPDX-License-Identifier: MIT
// require_range: options within their bounds.

#include <string>

#include "odot/core/error.hpp"

namespace odot::optim {

/// Throws ArgumentError unless `low` ≤ value < `high`: NaN fails too.
inline void require_range(const char* name, double value, double low, double high) {
  if (value >= low && value < high) return;
  throw ArgumentError(std::string("odot::optim: ") + name + " must be at least " + std::to_string(low) +
                      " and less than " + std::to_string(high) + ", found " + std::to_string(value));
}

}  // namespace odot::optim
