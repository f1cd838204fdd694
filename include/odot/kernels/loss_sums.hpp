#pragma once
// SPDX-License-Identifier: MIT
// What losses add up over samples.

#include <cstdint>

#include "odot/core/config.hpp"

namespace odot::kernels {

/// What a loss adds up over samples.
struct LossSums {
  double loss = 0;           ///< Σ over the samples; of a likelihood in nats
  std::int64_t correct = 0;  ///< samples whose largest output is the label's (Label); 0 where there are no labels
  std::int64_t samples = 0;
};

}  // namespace odot::kernels
