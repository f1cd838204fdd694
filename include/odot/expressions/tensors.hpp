#pragma once
// SPDX-License-Identifier: MIT
// Tensors and batches from expressions, copies, and other devices.

#include <cstddef>
#include <type_traits>
#include <utility>

#include "odot/expressions/assign.hpp"

namespace odot {

namespace expressions::detail {
template <class Node>
auto owner_of(const Node& node) {
  using S = typename Node::shape;
  using T = typename Node::scalar;
  using D = typename Node::device;
  if constexpr (Node::batched) return Batch<S, T, D>(node.samples());
  else return Tensor<S, T, D>();
}
}  // namespace expressions::detail

/// The value of an expression: a Tensor, or a Batch.
template <expressions::Operand A>
auto eval(const A& a) {
  return expressions::with_node(a, [](const auto& node) {
    auto result = expressions::detail::owner_of(node);
    expressions::detail::assign_one(expressions::target_of(result.view()), node);
    return result;
  });
}

namespace expressions::detail {

/// body(owner, view or tensor): the operand where it is row-major elements in memory, else its value.
template <class A, class Body>
auto with_elements(const A& a, const Body& body) {
  if constexpr (is_view<A> || is_owner<A>) return body(a);
  else return body(eval(a));
}

/// A view's elements in an owner on another device.
template <class Device, ShapeType S, class T, class From>
auto copy_to(const TensorView<S, T, From>& from) {
  Tensor<S, std::remove_const_t<T>, Device> result;
  odot::detail::copy_between<From, Device>(from.data(), result.data(), from.size());
  return result;
}
template <class Device, ShapeType S, class T, class From>
auto copy_to(const BatchView<S, T, From>& from) {
  Batch<S, std::remove_const_t<T>, Device> result(from.samples());
  odot::detail::copy_between<From, Device>(from.data(), result.data(), from.size());
  return result;
}

}  // namespace expressions::detail

/// The same elements on another device, or a copy on the same one.
template <DeviceType Device, expressions::Operand A>
auto to(const A& a) {
  return expressions::detail::with_elements(a, [](const auto& from) {
    using View = std::remove_cvref_t<decltype(from)>;
    if constexpr (expressions::detail::is_owner<View>) return from.template to<Device>();
    else return expressions::detail::copy_to<Device>(from);
  });
}

/// A copy of the elements in new memory: another name for eval.
template <expressions::Operand A>
auto copy(const A& a) {
  return eval(a);
}
/// Every element of a tensor, a batch or a view becomes the number.
template <class Target, class Number>
  requires std::is_arithmetic_v<Number>
void fill(Target&& target, Number value) {
  assign(std::forward<Target>(target), value);
}

}  // namespace odot
