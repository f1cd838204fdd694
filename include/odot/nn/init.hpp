#pragma once
// SPDX-License-Identifier: MIT
// Initial weights: a rule that gives the standard deviation of each weight's normal distribution.

#include <cmath>
#include <functional>

#include "odot/core/config.hpp"
#include "odot/nn/parameters.hpp"

namespace odot::nn::init {

/// Standard deviation of a parameter's initial weights. Biases start at 0, norm scales at 1, whatever the rule; and a layer
/// may fix the deviation of a parameter (ParameterInfo::deviation).
using Rule = std::function<double(const ParameterInfo&)>;

/// N(0, deviation²) for every weight. The papers' rule with 0.02, and the default.
/// Source  Element-Wise Attention Layers, section 4.
ODOT_FUNCTION Rule normal(double deviation = 0.02);

/// N(0, 2 / fan_in): keeps the variance through ReLU layers.
/// Source  He et al., "Delving deep into rectifiers", 2015.
ODOT_FUNCTION Rule kaiming();

/// N(0, 2 / (fan_in + fan_out)).
/// Source  Glorot, Bengio, "Understanding the difficulty of training deep feedforward neural networks", 2010.
ODOT_FUNCTION Rule xavier();

#if ODOT_DEFINITIONS

ODOT_FUNCTION Rule normal(double deviation) {
  return [deviation](const ParameterInfo&) { return deviation; };
}

ODOT_FUNCTION Rule kaiming() {
  return [](const ParameterInfo& p) { return std::sqrt(2.0 / static_cast<double>(p.fan_in())); };
}

ODOT_FUNCTION Rule xavier() {
  return [](const ParameterInfo& p) { return std::sqrt(2.0 / static_cast<double>(p.fan_in() + p.fan_out())); };
}

#endif

}  // namespace odot::nn::init
