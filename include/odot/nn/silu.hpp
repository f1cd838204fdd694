#pragma once
// SPDX-License-Identifier: MIT
// SiLU.

#include <cstdint>

#include "odot/nn/activation.hpp"
#include "odot/nn/description.hpp"

namespace odot::nn {

/// Sigmoid-weighted linear unit, also called swish: y = x σ(x), σ(x) = 1/(1 + exp(−x)).
/// Shapes  x [N, …] → y [N, …]
/// Grad    dx = dy σ(x) (1 + x (1 − σ(x))) (overwritten)
/// Source  Elfwing, Uchibe, Doya, 2017; same convention as torch.nn.SiLU
struct SiLU {
  template <ShapeType In>
  struct bind : ActivationLayer<In, kernels::SiLUFunction{}> {
    static constexpr std::uint64_t flop() { return 4 * In::size; }

    ODOT_COLD static void describe(LayerParts& parts) { parts.push_back(LayerWords("silu").text()); }
  };
};

}  // namespace odot::nn
