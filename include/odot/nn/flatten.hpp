#pragma once
// SPDX-License-Identifier: MIT
// Flatten.

#include <cstdint>

#include "odot/kernels/add.hpp"
#include "odot/nn/description.hpp"
#include "odot/nn/layer.hpp"
#include "odot/nn/pass.hpp"

namespace odot::nn {

/// The same elements as one axis: [C, H, W] → [C·H·W]. It costs nothing, except as a network's first layer, where it
/// copies.
/// Shapes  x [N, …] → y [N, size]
/// Grad    dx = dy (overwritten)
struct Flatten {
  template <ShapeType In>
  struct bind : Layer<In, Shape<In::size>> {
    static constexpr bool backward_reads_input = false;
    static constexpr bool in_place = true;
    static constexpr bool is_view = true;

    static constexpr std::uint64_t flop() { return 0; }

    ODOT_COLD static void describe(LayerParts& parts) { parts.push_back(LayerWords("flatten").text()); }

    static void forward(auto pass, auto x, auto y) {
      using D = typename decltype(y)::device;
      kernels::Add<D>::copy(pass.workspace(), x.template as<Shape<In::size>>(), y);
    }
    static void backward(auto pass, auto /*x*/, auto /*y*/, auto dy, auto dx) {
      using D = typename decltype(dx)::device;
      if (dx) kernels::Add<D>::copy(pass.workspace(), dy, dx.template as<Shape<In::size>>());
    }
  };
};

}  // namespace odot::nn
