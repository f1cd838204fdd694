#pragma once
// SPDX-License-Identifier: MIT
// Identity.

#include <cstdint>

#include "odot/kernels/add.hpp"
#include "odot/nn/layer.hpp"
#include "odot/nn/pass.hpp"

namespace odot::nn {

/// y = x: the branch of a skip connection, for instance. It costs nothing between two layers; alone in a branch it
/// copies.
/// Shapes  x [N, …] → y [N, …]
/// Grad    dx = dy (overwritten)
/// Source  same convention as torch.nn.Identity
struct Identity {
  template <ShapeType In>
  struct bind : Layer<In, In> {
    static constexpr bool backward_reads_input = false;
    static constexpr bool in_place = true;
    static constexpr bool is_view = true;
    static constexpr bool token_wise = true;

    static constexpr std::uint64_t flop() { return 0; }

    static void describe(LayerParts& /*parts*/) {}

    static void forward(auto pass, auto x, auto y) {
      kernels::Add<typename decltype(y)::device>::copy(pass.workspace(), x, y);
    }
    static void backward(auto pass, auto /*x*/, auto /*y*/, auto dy, auto dx) {
      if (dx) kernels::Add<typename decltype(dx)::device>::copy(pass.workspace(), dy, dx);
    }
  };
};

}  // namespace odot::nn
