#pragma once
// SPDX-License-Identifier: MIT
// LeakyReLU.

#include <cstdint>

#include "odot/core/number_text.hpp"
#include "odot/nn/activation.hpp"
#include "odot/nn/description.hpp"

namespace odot::nn {

struct LeakyReLUOptions {
  double negative_slope = 0.01;
};

/// Leaky rectified linear unit: y = x where x > 0, else negative_slope · x; in place where the layer before it allows,
/// unless the slope is negative.
/// Shapes  x [N, …] → y [N, …]
/// Grad    dx = dy where x > 0, else negative_slope · dy (overwritten)
/// Source  same convention as torch.nn.LeakyReLU
template <LeakyReLUOptions Options = LeakyReLUOptions{}>
struct LeakyReLU {
  template <ShapeType In>
  struct bind : ActivationLayer<In, kernels::LeakyReLUFunction{Options.negative_slope}> {
    static constexpr std::uint64_t flop() { return 2 * In::size; }

    ODOT_COLD static void describe(LayerParts& parts) {
      parts.push_back(LayerWords("leaky_relu").add("slope", number_text::shortest(Options.negative_slope)).text());
    }
  };
};

}  // namespace odot::nn
