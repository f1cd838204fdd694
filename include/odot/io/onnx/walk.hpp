#pragma once
// SPDX-License-Identifier: MIT
// The walk through a model's layers: each adds its operators to the graph.

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>

#include "odot/io/onnx/scope.hpp"
#include "odot/nn/chain_layer.hpp"
#include "odot/nn/layer.hpp"
#include "odot/nn/named.hpp"

namespace odot::io::onnx {

/// Your own layer, a bound one, that says how it is exported: a static member
///     static auto to_onnx(auto layer, auto x);
/// of its bind. `layer` is an onnx::Scope, `x` the layer's input, an onnx::Value; it returns the layer's output in
/// evaluation. (With `auto`, the layer's header need not include odot/io.)
///     static auto to_onnx(auto layer, auto x) {                        // y = x σ(b ⊙ x)
///       const auto scaled = layer.map("Mul", x, layer.weight("weight"));
///       return layer.map("Mul", x, layer.map("Sigmoid", scaled));
///     }
/// A layer whose bind derives from nn::Sequential, and neither redefines `describe` nor has to_onnx, is exported as its
/// layers one after the other.
template <class L>
concept ExportsItself = requires(const Scope& layer, const Value& x) {
  { L::to_onnx(layer, x) } -> std::convertible_to<Value>;
};

/// A layer bound to its input, as a function's argument.
template <class Layer>
struct Bound {};

/// A bound layer that the description D has made. (Not a description derived from D that binds to something else.)
template <class Layer, class D>
concept BoundBy = std::is_same_v<typename D::template bind<typename Layer::input_shape>, Layer>;

// The layers of odot: functions
//     Value put(const nn::Linear<…>*, Bound<the layer>, const Scope&, const Value& x);
// in the other headers of this folder, one per description. They return the layer's output.

namespace detail {

/// Whether D is an nn::Named around the description of the bound layer L. (By a member, as not every compiler deduces the
/// name, a template argument.)
template <class D, class L>
concept IsNamed = nn::detail::HasName<D> && BoundBy<L, typename D::description>;

template <class D, class L>
concept IsPut = requires(const D* description, Bound<L> layer, const Scope& scope, const Value& x) {
  put(description, layer, scope, x);
};

// The chain that a layer is, unless it computes something else than its layers one after the other: then it has words of
// its own.
template <ShapeType In, class Links>
std::type_identity<nn::detail::ChainLayer<In, Links>> chain_of(const nn::detail::ChainLayer<In, Links>*);
template <class L>
constexpr bool is_chain() {
  if constexpr (requires(const L* layer) { chain_of(layer); }) {
    using Chain = typename decltype(chain_of(static_cast<const L*>(nullptr)))::type;
    return &L::describe == &Chain::describe;
  } else {
    return false;
  }
}

template <class D, class L>
Value put_layer(const Scope& scope, const Value& x);

/// Layers one after the other.
template <ShapeType In, ShapeType Out, class... D, class... L>
Value put_chain(const nn::detail::ChainLayer<In, nn::detail::Chain<Out, nn::detail::Link<D, L>...>>*, Scope scope,
                const Value& x) {
  Value y = x;
  std::size_t position = 0;
  const auto put_one = [&]<class Description, class Layer>() {
    const std::int64_t tokens = y.dims.size() > 1 ? y.dims[1] : 1;
    y = put_layer<Description, Layer>(scope.at(nn::detail::child_path<Description>(scope.path(), position++)), y);
    if constexpr (Layer::added_tokens > 0) scope.set_longer(tokens, static_cast<std::int64_t>(Layer::added_tokens));
  };
  (put_one.template operator()<D, L>(), ...);
  return y;
}

/// One layer L, made by the description D (void: none, a whole model).
template <class D, class L>
Value put_layer(const Scope& scope, const Value& x) {
  Value y;
  constexpr bool known = ExportsItself<L> || IsNamed<D, L> || IsPut<D, L> || is_chain<L>();
  static_assert(
      known,
      "odot::io::export_onnx: this layer does not say how it is exported; give its bind a function   static auto "
      "to_onnx(auto layer, auto x);   as odot/io/onnx/walk.hpp says (a layer of odot's as a whole model: put it into "
      "an "
      "nn::Sequential)");
  if constexpr (ExportsItself<L>) y = L::to_onnx(scope, x);
  else if constexpr (IsNamed<D, L>) y = put_layer<typename D::description, L>(scope, x);
  else if constexpr (IsPut<D, L>) y = put(static_cast<const D*>(nullptr), Bound<L>{}, scope, x);
  else if constexpr (is_chain<L>()) y = put_chain(static_cast<const L*>(nullptr), scope, x);
  if constexpr (known) scope.require(y, L::output_shape::extents);
  return y;
}

}  // namespace detail

}  // namespace odot::io::onnx
