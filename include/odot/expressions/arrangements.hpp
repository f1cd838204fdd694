#pragma once
// SPDX-License-Identifier: MIT
// The same elements in another order or shape: transpose, permute, slice, reshape; and concat. Of views, tensors and batches
// they copy nothing, and what they give can be assigned to.

#include <cstddef>
#include <type_traits>
#include <utility>

#include "odot/expressions/arrange.hpp"
#include "odot/expressions/operands.hpp"

namespace odot {

namespace expressions {

/// Elements in memory that may be written: of views, and of tensors and batches that are not constant.
template <ShapeType S, class T, class Device>
constexpr auto elements_of(const TensorView<S, T, Device>& view) {
  return Dense<S, false, T, Device>(view.data(), 1);
}
template <ShapeType S, class T, class Device>
constexpr auto elements_of(const BatchView<S, T, Device>& view) {
  return Dense<S, true, T, Device>(view.data(), view.samples());
}
template <class Owner>
  requires(detail::is_owner<std::remove_const_t<Owner>>)
constexpr auto elements_of(Owner& owner) {
  return elements_of(owner.view());
}
template <ShapeType S, class Steps, std::size_t B, class T, class D>
constexpr auto elements_of(const Source<S, Steps, B, T, D>& source) {
  return source;
}

namespace detail {
/// Views, slices and the like, and tensors and batches that outlive the expression.
template <class A>
inline constexpr bool is_in_memory = is_view<std::remove_cvref_t<A>> || is_source<std::remove_cvref_t<A>> ||
                                     (is_owner<std::remove_cvref_t<A>> && std::is_lvalue_reference_v<A>);

/// An arrangement of elements in memory, or of a node that is evaluated first.
template <class Arrange, class A>
auto arrange(A&& a) {
  using Node = NodeOf<A>;
  if constexpr (is_refused<Node>) {
    return node_of(a);
  } else if constexpr (!Arrange::template fits<typename Node::shape>()) {
    return RefusedOf<Node>();
  } else if constexpr (is_in_memory<A> && requires { Arrange::of(elements_of(a)); }) {
    return Arrange::of(elements_of(a));
  } else {
    auto node = node_of(std::forward<A>(a));
    return Arranged<Arrange, decltype(node)>(std::move(node));
  }
}
}  // namespace detail

}  // namespace expressions

/// Axis i of the result is axis Axes[i], as torch.permute. Axes are counted without the batch.
template <std::size_t... Axes, expressions::Operand A>
auto permute(A&& a) {
  return expressions::detail::arrange<expressions::Permute<Axes...>>(std::forward<A>(a));
}
/// The last two axes exchanged.
template <expressions::Operand A>
auto transpose(A&& a) {
  return expressions::detail::arrange<expressions::Transpose>(std::forward<A>(a));
}
/// Indices [Begin, End) of an axis.
template <std::size_t Axis, std::size_t Begin, std::size_t End, expressions::Operand A>
auto slice(A&& a) {
  return expressions::detail::arrange<expressions::Slice<Axis, Begin, End>>(std::forward<A>(a));
}
/// The elements in row-major order under another shape of the same size.
template <ShapeType Other, expressions::Operand A>
auto as(A&& a) {
  return expressions::detail::arrange<expressions::As<Other>>(std::forward<A>(a));
}

namespace expressions::detail {
/// Whether shapes can be joined along an axis; else an error.
template <std::size_t Axis, ShapeType First, ShapeType... Others>
constexpr bool can_be_joined() {
  static_assert(Axis < First::rank, "odot::concat: the axis must be less than the rank; the batch is not counted");
  if constexpr (Axis < First::rank) {
    constexpr auto joins = []<ShapeType S>(S*) {
      if (S::rank != First::rank) return false;
      for (std::size_t axis = 0; axis < First::rank; ++axis)
        if (axis != Axis && S::extents[axis] != First::extents[axis]) return false;
      return true;
    };
    constexpr bool all_join = (joins(static_cast<Others*>(nullptr)) && ...);
    static_assert(all_join, "odot::concat: all extents must be equal but those of the axis along which is joined");
    return all_join;
  } else {
    return false;
  }
}
template <std::size_t Axis, ShapeType First, ShapeType... Others, std::size_t... A>
auto joined_shape(std::index_sequence<A...>) {
  constexpr std::size_t joined = (First::extents[Axis] + ... + Others::extents[Axis]);
  return Shape<(A == Axis ? joined : First::extents[A])...>();
}
}  // namespace expressions::detail

/// Operands one after the other along an axis.
template <std::size_t Axis, expressions::Operand First, expressions::Operand... Others>
auto concat(First&& first, Others&&... others) {
  using namespace expressions;
  namespace parts = expressions::detail;
  using S = typename NodeOf<First>::shape;
  if constexpr (!parts::operands_fit<NodeOf<First>, NodeOf<Others>...>()) {
    return RefusedOf<NodeOf<First>, NodeOf<Others>...>();
  } else if constexpr (!parts::can_be_joined<Axis, S, typename NodeOf<Others>::shape...>()) {
    return RefusedOf<NodeOf<First>, NodeOf<Others>...>();
  } else {
    using Result =
        decltype(parts::joined_shape<Axis, S, typename NodeOf<Others>::shape...>(std::make_index_sequence<S::rank>{}));
    return Concatenated<Axis, Result, NodeOf<First>, NodeOf<Others>...>(node_of(std::forward<First>(first)),
                                                                        node_of(std::forward<Others>(others))...);
  }
}

}  // namespace odot
