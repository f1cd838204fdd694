#pragma once
// SPDX-License-Identifier: MIT
// The operators of expressions, element by element.

#include <utility>

#include "odot/expressions/operands.hpp"

namespace odot {

// Comparisons give what select chooses by; as numbers they are 1 and 0. (Views by
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

}  // namespace odot
