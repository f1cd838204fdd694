#pragma once
// SPDX-License-Identifier: MIT
// Operands as nodes, and the operators and functions of expressions.

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

/// A number beside a node: its scalar.
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

// ---- Operators, element by element. Comparisons give what select chooses by; as numbers they are 1 and 0. (Views by
// themselves are true where they are not empty; so &&, || and ! are of expressions alone.)

template <class A, class B>
  requires expressions::Operands<A, B>
auto operator+(A&& a, B&& b) {
  return expressions::detail::binary<expressions::Plus>(std::forward<A>(a), std::forward<B>(b));
}
template <class A, class B>
  requires expressions::Operands<A, B>
auto operator-(A&& a, B&& b) {
  return expressions::detail::binary<expressions::Minus>(std::forward<A>(a), std::forward<B>(b));
}
template <class A, class B>
  requires expressions::Operands<A, B>
auto operator*(A&& a, B&& b) {
  return expressions::detail::binary<expressions::Times>(std::forward<A>(a), std::forward<B>(b));
}
template <class A, class B>
  requires expressions::Operands<A, B>
auto operator/(A&& a, B&& b) {
  return expressions::detail::binary<expressions::Divides>(std::forward<A>(a), std::forward<B>(b));
}
template <class A, class B>
  requires expressions::Operands<A, B>
auto operator<(A&& a, B&& b) {
  return expressions::detail::binary<expressions::Less>(std::forward<A>(a), std::forward<B>(b));
}
template <class A, class B>
  requires expressions::Operands<A, B>
auto operator<=(A&& a, B&& b) {
  return expressions::detail::binary<expressions::LessEqual>(std::forward<A>(a), std::forward<B>(b));
}
template <class A, class B>
  requires expressions::Operands<A, B>
auto operator==(A&& a, B&& b) {
  return expressions::detail::binary<expressions::EqualTo>(std::forward<A>(a), std::forward<B>(b));
}
template <class A, class B>
  requires expressions::Operands<A, B>
auto operator!=(A&& a, B&& b) {
  return expressions::detail::binary<expressions::NotEqualTo>(std::forward<A>(a), std::forward<B>(b));
}
template <ExpressionNode A, ExpressionNode B>
auto operator&&(A&& a, B&& b) {
  return expressions::detail::binary<expressions::And>(std::forward<A>(a), std::forward<B>(b));
}
template <ExpressionNode A, ExpressionNode B>
auto operator||(A&& a, B&& b) {
  return expressions::detail::binary<expressions::Or>(std::forward<A>(a), std::forward<B>(b));
}
template <class A, class B>
  requires expressions::Operands<A, B>
auto operator>(A&& a, B&& b) {
  return expressions::detail::binary<expressions::Less>(std::forward<B>(b), std::forward<A>(a));
}
template <class A, class B>
  requires expressions::Operands<A, B>
auto operator>=(A&& a, B&& b) {
  return expressions::detail::binary<expressions::LessEqual>(std::forward<B>(b), std::forward<A>(a));
}
template <expressions::Operand A>
auto operator-(A&& a) {
  return expressions::detail::unary<expressions::Negate>(std::forward<A>(a));
}
template <ExpressionNode A>
auto operator!(A&& a) {
  return expressions::detail::unary<expressions::Not>(std::forward<A>(a));
}

/// The elements as another scalar.
template <class S, expressions::Operand A>
auto cast(A&& a) {
  using Node = expressions::NodeOf<A>;
  if constexpr (expressions::is_refused<Node>) return expressions::Refused<S, typename Node::device, Node::batched>();
  else return expressions::Cast<S, Node>(expressions::node_of(std::forward<A>(a)));
}

// ---- Numbers that are made

/// 0, 1, …, K − 1 of shape [K].
template <std::size_t K, class S = float, DeviceType Device = Cpu>
auto arange() {
  return expressions::Counting<K, S, Device>();
}
/// [N, K] of labels [N, 1]: 1 where k is the sample's label, else 0. Of integers, or of whole numbers of S.
template <std::size_t K, class S = float, expressions::Operand Labels>
auto one_hot(Labels&& labels) {
  using Device = typename expressions::NodeOf<Labels>::device;
  return cast<S>(std::forward<Labels>(labels)) == arange<K, S, Device>();
}

// ---- Functions, element by element

template <expressions::Operand A>
auto abs(A&& a) {
  return expressions::detail::unary<expressions::Abs>(std::forward<A>(a));
}
template <expressions::Operand A>
auto exp(A&& a) {
  return expressions::detail::unary<expressions::Exp>(std::forward<A>(a));
}
template <expressions::Operand A>
auto log(A&& a) {
  return expressions::detail::unary<expressions::Log>(std::forward<A>(a));
}
template <expressions::Operand A>
auto log1p(A&& a) {
  return expressions::detail::unary<expressions::Log1p>(std::forward<A>(a));
}
template <expressions::Operand A>
auto sqrt(A&& a) {
  return expressions::detail::unary<expressions::Sqrt>(std::forward<A>(a));
}
template <expressions::Operand A>
auto rsqrt(A&& a) {
  return expressions::detail::unary<expressions::Rsqrt>(std::forward<A>(a));
}
template <expressions::Operand A>
auto square(A&& a) {
  return expressions::detail::unary<expressions::Square>(std::forward<A>(a));
}
template <expressions::Operand A>
auto tanh(A&& a) {
  return expressions::detail::unary<expressions::Tanh>(std::forward<A>(a));
}
template <expressions::Operand A>
auto sign(A&& a) {
  return expressions::detail::unary<expressions::Sign>(std::forward<A>(a));
}
template <expressions::Operand A>
auto sigmoid(A&& a) {
  return expressions::detail::unary<expressions::Sigmoid>(std::forward<A>(a));
}
template <expressions::Operand A>
auto erf(A&& a) {
  return expressions::detail::unary<expressions::Erf>(std::forward<A>(a));
}
template <expressions::Operand A>
auto sin(A&& a) {
  return expressions::detail::unary<expressions::Sin>(std::forward<A>(a));
}
template <expressions::Operand A>
auto cos(A&& a) {
  return expressions::detail::unary<expressions::Cos>(std::forward<A>(a));
}
template <class A, class B>
  requires expressions::Operands<A, B>
auto pow(A&& a, B&& b) {
  return expressions::detail::binary<expressions::Power>(std::forward<A>(a), std::forward<B>(b));
}
/// The smaller and the larger of two elements; NaN if one of them is.
template <class A, class B>
  requires expressions::Operands<A, B>
auto minimum(A&& a, B&& b) {
  return expressions::detail::binary<expressions::Minimum>(std::forward<A>(a), std::forward<B>(b));
}
template <class A, class B>
  requires expressions::Operands<A, B>
auto maximum(A&& a, B&& b) {
  return expressions::detail::binary<expressions::Maximum>(std::forward<A>(a), std::forward<B>(b));
}
/// The same under numpy's short names. (max<Axes…>(x) and min<Axes…>(x) reduce: reductions.hpp.)
template <class A, class B>
  requires expressions::Operands<A, B>
auto(min)(A&& a, B&& b) {
  return minimum(std::forward<A>(a), std::forward<B>(b));
}
template <class A, class B>
  requires expressions::Operands<A, B>
auto(max)(A&& a, B&& b) {
  return maximum(std::forward<A>(a), std::forward<B>(b));
}
/// Between low and high, numbers or tensors. NaN stays NaN.
template <expressions::Operand A, class Low, class High>
auto clamp(A&& a, Low&& low, High&& high) {
  return minimum(maximum(std::forward<A>(a), std::forward<Low>(low)), std::forward<High>(high));
}
/// a where `chosen` holds, else b.
template <expressions::Operand Chosen, class A, class B>
auto select(Chosen&& chosen, A&& a, B&& b) {
  using Beside = expressions::NodeOf<Chosen>;
  return expressions::detail::make_map<expressions::Select>(expressions::node_of(std::forward<Chosen>(chosen)),
                                                            expressions::detail::beside<Beside>(std::forward<A>(a)),
                                                            expressions::detail::beside<Beside>(std::forward<B>(b)));
}

}  // namespace odot
