#pragma once
// SPDX-License-Identifier: MIT
// How a layer inside other layers steps one token, and which layers can.

#include <cstddef>
#include <type_traits>
#include <utility>

#include "odot/core/shape.hpp"
#include "odot/nn/pass.hpp"

namespace odot::nn::detail {

/// Shape<L, D…> → Shape<1, D…>.
template <ShapeType S>
struct OneToken {
  using type = Shape<1>;
};
template <std::size_t L, std::size_t... Rest>
struct OneToken<Shape<L, Rest...>> {
  using type = Shape<1, Rest...>;
};
template <ShapeType S>
using one_token = typename OneToken<S>::type;

/// Whether a bound layer can be run token by token.
template <class Layer>
inline constexpr bool steps = Layer::has_step || Layer::token_wise;

/// The first of some layers, also inside a Sequential, that can't; void if all can.
template <class... Layers>
struct FirstWithoutStep {
  using type = void;
};
template <class Layer>
struct Innermost {
  using type = Layer;
};
template <class Layer>
  requires requires { typename Layer::without_step; }
struct Innermost<Layer> {
  using type = typename Layer::without_step;
};
template <class First, class... Rest>
struct FirstWithoutStep<First, Rest...> {
  using type = typename std::conditional_t<steps<First>, FirstWithoutStep<Rest...>, Innermost<First>>::type;
};

/// Runs one token through the layer `Bound`, made from `Description`.
template <class Description, class Bound>
void step(auto pass, auto x, auto y, auto* state) {
  if constexpr (Bound::has_step) {
    Bound::step(pass, x, y, state);
  } else {
    using Token = typename Description::template bind<one_token<typename Bound::input_shape>>;
    static_assert(Token::parameter_count == Bound::parameter_count && Token::buffer_count == Bound::buffer_count,
                  "odot::nn: a token-wise layer must have the same parameters whatever the number of tokens");
    Token::forward(pass.template child<Token>(0, 0, 0, 0), x, y);
  }
}

}  // namespace odot::nn::detail
