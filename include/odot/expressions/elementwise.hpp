#pragma once
// SPDX-License-Identifier: MIT
// The functions of expressions, element by element, by name; conversions; numbers that are made.

#include <cstddef>
#include <utility>

#include "odot/expressions/operands.hpp"
#include "odot/expressions/operators.hpp"

namespace odot {

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
