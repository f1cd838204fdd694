#pragma once
// SPDX-License-Identifier: MIT
// Operands as nodes, and what operators and functions make of them.

#include <concepts>
#include <cstddef>
#include <type_traits>
#include <utility>

#include "odot/expressions/nodes.hpp"
#include "odot/expressions/refused.hpp"
#include "odot/kernels/parallel/terms.hpp"

namespace odot {

namespace expressions {

/// An operand as a node. A temporary tensor or batch is moved into it; of others, and of views, the node refers to the
/// elements.
template <ShapeType S, class T, class Device>
auto node_of(const TensorView<S, T, Device>& view) {
  return Source<S, ContiguousStrides<S>, 0, const T, Device>(view.data(), 1);
}
template <ShapeType S, class T, class Device>
auto node_of(const BatchView<S, T, Device>& view) {
  return Source<S, ContiguousStrides<S>, S::size, const T, Device>(view.data(), view.samples());
}
template <class Owner>
  requires detail::is_owner<Owner>
auto node_of(const Owner& owner) {
  return node_of(owner.view());
}
template <class Owner>
  requires detail::is_owner<Owner>
auto node_of(Owner& owner) {
  return node_of(std::as_const(owner));
}
template <class Owner>
  requires detail::is_owner<Owner>
auto node_of(Owner&& owner) {
  return Held<Owner>(std::move(owner));
}
template <ExpressionNode Node>
std::remove_cvref_t<Node> node_of(Node&& node) {
  return std::forward<Node>(node);
}

template <class T>
using NodeOf = decltype(node_of(std::declval<T>()));

/// body(the operand as a node), without a copy of what the operand owns.
template <class A, class Body>
decltype(auto) with_node(const A& a, const Body& body) {
  if constexpr (ExpressionNode<A>) return body(a);
  else return body(node_of(a));
}

namespace detail {

template <class T>
concept Number = std::is_arithmetic_v<std::remove_cvref_t<T>>;

/// Whether operands can be computed with together, shapes aside; else an error. False of what has been refused before.
template <class First, class... Others>
constexpr bool operands_fit() {
  if constexpr (is_refused<First> || (is_refused<Others> || ...)) {
    return false;
  } else {
    constexpr bool one_device = (std::is_same_v<typename First::device, typename Others::device> && ...),
                   one_scalar = (std::is_same_v<typename First::scalar, typename Others::scalar> && ...);
    static_assert(one_device, "odot: operands on two devices; to<Device>() copies");
    static_assert(!one_device || one_scalar,
                  "odot: operands of two scalars, float and double for instance; cast<Scalar>() converts");
    return one_device && one_scalar;
  }
}

/// A function of nodes.
template <class F, class... Node>
auto make_map(Node... node) {
  if constexpr (!operands_fit<Node...>()) return RefusedOf<Node...>();
  else if constexpr (!shapes_broadcast<typename Node::shape...>()) return RefusedOf<Node...>();
  else return Map<F, Node...>(std::move(node)...);
}

/// A number that is combined with a node, as the node's scalar.
template <class Beside, class T>
auto beside(T&& value) {
  if constexpr (Number<T>)
    return Constant<typename Beside::scalar, typename Beside::device>(static_cast<typename Beside::scalar>(value));
  else return node_of(std::forward<T>(value));
}

template <class F, class A, class B>
auto binary(A&& a, B&& b) {
  if constexpr (Number<A>) return make_map<F>(beside<NodeOf<B>>(a), node_of(std::forward<B>(b)));
  else return make_map<F>(node_of(std::forward<A>(a)), beside<NodeOf<A>>(std::forward<B>(b)));
}
template <class F, class A>
auto unary(A&& a) {
  return make_map<F>(node_of(std::forward<A>(a)));
}

}  // namespace detail

/// Two of an expression's operands, of which one may be a number.
template <class A, class B>
concept Operands = (Operand<A> && (Operand<B> || detail::Number<B>)) || (detail::Number<A> && Operand<B>);

}  // namespace expressions

}  // namespace odot
