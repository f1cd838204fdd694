#pragma once
// SPDX-License-Identifier: MIT
// Chain: descriptions of layers, each bound to the output shape of the one before it.

#include <cstddef>
#include <type_traits>

#include "odot/core/shape.hpp"
#include "odot/nn/layer.hpp"

namespace odot::nn::detail {

/// Layer number `Index` of a Sequential, bound to the shape that reaches it. Compilers name this type in their notes on a
/// shape that does not fit: number, layer, shape.
template <std::size_t Index, class Description, ShapeType In>
struct LayerAt {
  // Binds it here, so that a failure is reported inside of this type, and not while a concept is checked.
  using bound = std::integral_constant<std::size_t, sizeof(typename BoundIfDescribed<Description, In>::type)>;
  using type = typename BoundOrNoLayer<Description, In>::type;
  using output = typename type::output_shape;
};

/// A description, and the layer that it was bound to.
template <class Description, class Bound>
struct Link {};

// Chain<In>{} + Next<A>{} + Next<B>{} binds A to In, then B to A's output, …
template <ShapeType Out, class... Links>
struct Chain {};
template <class Description>
struct Next {};
template <ShapeType Out, class... Links, class Description>
constexpr auto operator+(Chain<Out, Links...>, Next<Description>) {
  // Here, because a failure here leaves no class incomplete.
  constexpr bool described = LayerDescription<Description, Out>;
  static_assert(described,
                "odot::nn::Sequential: every layer must be a description, with a member template bind<In>, as "
                "nn::Linear<10> is; see odot/nn/layer.hpp");
  using Bound = LayerAt<sizeof...(Links), Description, Out>;
  constexpr bool bound = !described || !std::is_same_v<typename Bound::type, NoLayer<Out>>;
  static_assert(bound, "odot::nn::Sequential: a layer's bind<In> must derive from nn::Layer<In, Out>");
  return Chain<typename Bound::output, Links..., Link<Description, typename Bound::type>>{};
}

}  // namespace odot::nn::detail
