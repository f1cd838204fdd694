#pragma once
// SPDX-License-Identifier: MIT
// Sigmoid.

#include <cstdint>

#include "odot/nn/activation.hpp"
#include "odot/nn/description.hpp"

namespace odot::nn {

/// The logistic function: y = 1/(1 + exp(−x)), in place where the layer before it allows.
/// Shapes  x [N, …] → y [N, …]
/// Grad    dx = dy y (1 − y) (overwritten)
/// Source  same convention as torch.nn.Sigmoid
struct Sigmoid {
  template <ShapeType In>
  struct bind : ActivationLayer<In, kernels::SigmoidFunction{}> {
    static constexpr std::uint64_t flop() { return 3 * In::size; }

    ODOT_COLD static void describe(LayerParts& parts) { parts.push_back(LayerWords("sigmoid").text()); }
  };
};

}  // namespace odot::nn
