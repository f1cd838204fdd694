#pragma once
// SPDX-License-Identifier: MIT
// Sequential: layers one after the other. With a Shape first, it is a model; without, a description like any layer's.

#include "odot/nn/chain.hpp"
#include "odot/nn/chain_layer.hpp"
#include "odot/nn/layer.hpp"
#include "odot/nn/named.hpp"

namespace odot::nn {

/// A chain of layers whose input is not known yet, for use inside other layers.
template <class... Layers>
struct Sequential {
  static_assert(sizeof...(Layers) > 0, "odot::nn::Sequential: at least one layer");
  template <ShapeType In>
  struct bind : Sequential<In, Layers...> {};
};

/// Layers bound one after the other, the first one to `In`. Batches of any size can go through one type.
/// Shapes  x [N, In...] → y [N, output_shape...]
/// Grad    each layer's own; dx overwritten
/// Errors  compile time: the shape rule of the layer that does not fit
/// Memory  training keeps the outputs that a backward reads; predict keeps two
template <ShapeType In, class... Layers>
struct Sequential<In, Layers...>
    : detail::ChainLayer<In, decltype((detail::Chain<In>{} + ... + detail::Next<Layers>{}))> {
  static_assert(sizeof...(Layers) > 0, "odot::nn::Sequential: at least one layer after the input shape");
};

}  // namespace odot::nn
