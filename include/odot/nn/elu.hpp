#pragma once
// SPDX-License-Identifier: MIT
// ELU.

#include <cstdint>

#include "odot/core/number_text.hpp"
#include "odot/nn/activation.hpp"
#include "odot/nn/description.hpp"

namespace odot::nn {

struct ELUOptions {
  double alpha = 1;
};

/// Exponential linear unit: y = x where x > 0, else alpha (exp(x) − 1).
/// Shapes  x [N, …] → y [N, …]
/// Grad    dx = dy where x > 0, else alpha exp(x) dy (overwritten)
/// Source  Clevert, Unterthiner, Hochreiter, 2015; same convention as torch.nn.ELU
template <ELUOptions Options = ELUOptions{}>
struct ELU {
  template <ShapeType In>
  struct bind : ActivationLayer<In, kernels::ELUFunction{Options.alpha}> {
    static constexpr std::uint64_t flop() { return 4 * In::size; }

    ODOT_COLD static void describe(LayerParts& parts) {
      parts.push_back(LayerWords("elu").add("alpha", number_text::shortest(Options.alpha)).text());
    }
  };
};

}  // namespace odot::nn
