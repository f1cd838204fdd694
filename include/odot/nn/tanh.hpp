#pragma once
// SPDX-License-Identifier: MIT
// Tanh.

#include <cstdint>

#include "odot/nn/activation.hpp"
#include "odot/nn/description.hpp"

namespace odot::nn {

/// The hyperbolic tangent: y = tanh(x), in place where the layer before it allows.
/// Shapes  x [N, …] → y [N, …]
/// Grad    dx = dy (1 − y²) (overwritten)
/// Source  same convention as torch.nn.Tanh
struct Tanh {
  template <ShapeType In>
  struct bind : ActivationLayer<In, kernels::TanhFunction{}> {
    static constexpr std::uint64_t flop() { return In::size; }

    ODOT_COLD static void describe(LayerParts& parts) { parts.push_back(LayerWords("tanh").text()); }
  };
};

}  // namespace odot::nn
