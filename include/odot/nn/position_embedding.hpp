#pragma once
// SPDX-License-Identifier: MIT
// PositionEmbedding and SinusoidalPosition: add the position to tokens.

#include <cstdint>

#include "odot/kernels/add.hpp"
#include "odot/kernels/position_embedding.hpp"
#include "odot/kernels/sinusoidal_position.hpp"
#include "odot/nn/description.hpp"
#include "odot/nn/layer.hpp"
#include "odot/nn/pass.hpp"
#include "odot/nn/tokens.hpp"

namespace odot::nn {

/// Adds a learned vector to each token, one for every position: y = x + w. Padding tokens get theirs too.
/// Shapes  x [N, L, D], weight [L, D] → y [N, L, D]; in place where the layer before it allows
/// Grad    dx = dy (overwritten);  dw += Σₙ dy (added)
/// Errors  compile time: input of a rank other than 2
struct PositionEmbedding {
  template <ShapeType In>
  struct bind : Layer<In, In, Parameters<Parameter<"weight", In>>> {
    static_assert(detail::is_sequence<In>, "odot::nn::PositionEmbedding: input must be rank 2, [tokens, features]");
    static constexpr bool has_step = true;
    static constexpr std::size_t longest_stream = detail::tokens<In>;
    static constexpr bool backward_reads_input = false;
    static constexpr bool in_place = true;

    static constexpr std::uint64_t flop() { return In::size; }

    ODOT_COLD static void describe(LayerParts& parts) { parts.push_back(LayerWords("position_embedding").text()); }

    static void forward(auto pass, auto x, auto y) {
      using D = typename decltype(pass)::device;
      kernels::PositionEmbedding<D>::forward(pass.workspace(), x, pass.parameter(weight), y);
    }
    static void step(auto pass, auto x, auto y, auto* /*state*/) {
      using P = decltype(pass);
      using Row = typename decltype(x)::shape;
      const TensorView<Row, const typename P::scalar, typename P::device> row(pass.parameter(weight).data() +
                                                                              pass.position() * Row::size);
      kernels::PositionEmbedding<typename P::device>::forward(pass.workspace(), x, row, y);
    }
    static void backward(auto pass, auto /*x*/, auto /*y*/, auto dy, auto dx) {
      using D = typename decltype(pass)::device;
      kernels::PositionEmbedding<D>::backward(pass.workspace(), dy, pass.gradient(weight));
      if (dx) kernels::Add<D>::copy(pass.workspace(), dy, dx);
    }
  };
};

/// Adds sines and cosines of the position to each token: feature 2i of token l gets sin(l / 10000^(2i/D)), feature
/// 2i + 1 the cosine. No parameters. Padding tokens get theirs too.
/// Shapes  x [N, L, D] → y [N, L, D]; in place where the layer before it allows
/// Grad    dx = dy (overwritten)
/// Errors  compile time: input of a rank other than 2
/// Source  Vaswani et al., "Attention is all you need", 2017, section 3.5
struct SinusoidalPosition {
  template <ShapeType In>
  struct bind : Layer<In, In> {
    static_assert(detail::is_sequence<In>, "odot::nn::SinusoidalPosition: input must be rank 2, [tokens, features]");
    static constexpr bool has_step = true;
    static constexpr bool backward_reads_input = false;
    static constexpr bool in_place = true;

    static constexpr std::uint64_t flop() { return In::size; }

    ODOT_COLD static void describe(LayerParts& parts) { parts.push_back(LayerWords("sinusoidal_position").text()); }

    static void forward(auto pass, auto x, auto y) {
      kernels::SinusoidalPosition<typename decltype(pass)::device>::forward(pass.workspace(), 0, x, y);
    }
    static void step(auto pass, auto x, auto y, auto* /*state*/) {
      kernels::SinusoidalPosition<typename decltype(pass)::device>::forward(pass.workspace(), pass.position(), x, y);
    }
    static void backward(auto pass, auto /*x*/, auto /*y*/, auto dy, auto dx) {
      using D = typename decltype(pass)::device;
      if (dx) kernels::Add<D>::copy(pass.workspace(), dy, dx);
    }
  };
};

}  // namespace odot::nn
