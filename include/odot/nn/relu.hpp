#pragma once
// SPDX-License-Identifier: MIT
// ReLU.

#include <cstdint>

#include "odot/kernels/relu.hpp"
#include "odot/nn/description.hpp"
#include "odot/nn/layer.hpp"
#include "odot/nn/pass.hpp"

namespace odot::nn {

/// Rectified linear unit: y = max(x, 0), in place where the layer before it allows.
/// Shapes  x [N, …] → y [N, …]
/// Grad    dx = dy where y > 0, else 0 (overwritten)
/// Source  same convention as torch.nn.ReLU: the gradient at 0 is 0
struct ReLU {
  template <ShapeType In>
  struct bind : Layer<In, In> {
    static constexpr bool backward_reads_input = false;
    static constexpr bool backward_reads_output = true;
    static constexpr bool in_place = true;
    static constexpr bool token_wise = true;

    static constexpr std::uint64_t flop() { return In::size; }

    ODOT_COLD static void describe(LayerParts& parts) { parts.push_back(LayerWords("relu").text()); }

    static void forward(auto pass, auto x, auto y) {
      kernels::ReLU<typename decltype(y)::device>::forward(pass.workspace(), x, y);
    }
    static void backward(auto pass, auto /*x*/, auto y, auto dy, auto dx) {
      kernels::ReLU<typename decltype(y)::device>::backward(pass.workspace(), y, dy, dx);
    }
  };
};

}  // namespace odot::nn
