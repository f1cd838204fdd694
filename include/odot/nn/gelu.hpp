#pragma once
// SPDX-License-Identifier: MIT
// GELU.

#include <cstdint>

#include "odot/kernels/gelu.hpp"
#include "odot/nn/description.hpp"
#include "odot/nn/layer.hpp"
#include "odot/nn/pass.hpp"

namespace odot::nn {

/// Gaussian error linear unit, the exact one: y = x Φ(x) = x (1 + erf(x/√2))/2.
/// Shapes  x [N, …] → y [N, …]
/// Grad    dx = dy (Φ(x) + x φ(x)) (overwritten)
/// Source  Hendrycks, Gimpel, 2016; same convention as torch.nn.GELU()
struct GELU {
  template <ShapeType In>
  struct bind : Layer<In, In> {
    static constexpr bool token_wise = true;

    static constexpr std::uint64_t flop() { return 5 * In::size; }

    ODOT_COLD static void describe(LayerParts& parts) { parts.push_back(LayerWords("gelu").text()); }

    static void forward(auto pass, auto x, auto y) {
      kernels::GELU<typename decltype(y)::device>::forward(pass.workspace(), x, y);
    }
    static void backward(auto pass, auto x, auto /*y*/, auto dy, auto dx) {
      kernels::GELU<typename decltype(x)::device>::backward(pass.workspace(), x, dy, dx);
    }
  };
};

}  // namespace odot::nn
