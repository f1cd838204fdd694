#pragma once
// SPDX-License-Identifier: MIT
// Learning-rate schedules: factors on the learning rate of every group, by step.

#include <cmath>
#include <cstddef>
#include <functional>
#include <numbers>
#include <string>

#include "odot/core/error.hpp"

namespace odot::optim::schedule {

/// Factor on the learning rate at a step; steps are batches, counted from 0 over the whole training.
using Schedule = std::function<double(std::size_t step)>;

inline Schedule constant() {
  return [](std::size_t) { return 1.0; };
}

/// The factor is multiplied by `gamma` every `period` steps. Throws ArgumentError for a period of 0.
inline Schedule step(std::size_t period, double gamma = 0.1) {
  if (period == 0) throw ArgumentError("odot::optim::schedule::step: period must be at least 1 step, found 0");
  return [=](std::size_t at) { return std::pow(gamma, static_cast<double>(at / period)); };
}

/// Rises linearly to 1 over `warm_up` steps, then falls along half a cosine to `floor` at step `total` and stays there.
/// Throws ArgumentError unless warm_up < total.
/// Source  Loshchilov, Hutter, "SGDR", 2017, equation 5, one period
inline Schedule cosine(std::size_t warm_up, std::size_t total, double floor = 0.0) {
  if (warm_up >= total)
    throw ArgumentError("odot::optim::schedule::cosine: warm_up must be less than total, found " +
                        std::to_string(warm_up) + " and " + std::to_string(total));
  return [=](std::size_t at) {
    if (at < warm_up) return static_cast<double>(at + 1) / static_cast<double>(warm_up);
    if (at >= total) return floor;
    const double progress = static_cast<double>(at - warm_up) / static_cast<double>(total - warm_up);
    return floor + (1 - floor) * 0.5 * (1 + std::cos(std::numbers::pi * progress));
  };
}

}  // namespace odot::optim::schedule
