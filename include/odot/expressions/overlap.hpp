#pragma once
// SPDX-License-Identifier: MIT
// Whether an assignment would read what it has overwritten: elements that target and operands share.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "odot/expressions/errors.hpp"
#include "odot/expressions/evaluate.hpp"

namespace odot::expressions::detail {

/// One past the last byte that a leaf reads or writes.
template <class Leaf>
std::uintptr_t end_of(const Leaf& leaf) {
  std::size_t last = 0;
  for (std::size_t axis = 0; axis < Leaf::shape::rank; ++axis)
    last += (Leaf::shape::extents[axis] - 1) * Leaf::steps::values[axis];
  if (Leaf::batched) last += (leaf.samples() - 1) * Leaf::batch_stride;
  return reinterpret_cast<std::uintptr_t>(leaf.data + last) + sizeof(typename Leaf::scalar);
}

/// Differences of indices along an axis, and the elements of one step.
struct AxisDifference {
  std::ptrdiff_t step, low, high;
};

/// Whether Σ dₖ stepₖ can be `distance`, each dₖ between its bounds; steps descend.
template <std::size_t N>
bool can_be(std::ptrdiff_t distance, const std::array<AxisDifference, N>& axes, std::size_t axis = 0) {
  if (axis == N) return distance == 0;
  std::ptrdiff_t low = 0, high = 0;  // of the axes that follow
  for (std::size_t later = axis + 1; later < N; ++later)
    low += axes[later].low * axes[later].step, high += axes[later].high * axes[later].step;
  const auto& [step, from, to] = axes[axis];
  const std::ptrdiff_t first = (std::max)(from, (distance - high) / step - 1),
                       last = (std::min)(to, (distance - low) / step + 1);
  for (std::ptrdiff_t d = first; d <= last; ++d)
    if (const std::ptrdiff_t left = distance - d * step; low <= left && left <= high && can_be(left, axes, axis + 1))
      return true;
  return false;
}

/// The same of axes in any order.
template <std::size_t N>
ODOT_NOINLINE bool can_be_in_any_order(std::ptrdiff_t distance, std::array<AxisDifference, N> axes) {
  for (std::size_t end = N; end > 1; --end)  // there are few
    for (std::size_t axis = 1; axis < end; ++axis)
      if (axes[axis - 1].step < axes[axis].step) std::swap(axes[axis - 1], axes[axis]);
  return can_be(distance, axes);
}

/// Whether two leaves have an element in common. Exact where both have the same strides, as slices of one tensor have;
/// else two ranges of memory that overlap count.
template <class A, class B>
bool share_elements(const A& a, const B& b) {
  if (!a.data || !b.data || (A::batched && a.count == 0) || (B::batched && b.count == 0)) return false;
  const auto start_a = reinterpret_cast<std::uintptr_t>(a.data), start_b = reinterpret_cast<std::uintptr_t>(b.data);
  if (end_of(a) <= start_b || end_of(b) <= start_a) return false;
  constexpr std::size_t size = sizeof(typename A::scalar), rank = A::shape::rank;
  if constexpr (std::is_same_v<typename A::steps, typename B::steps> && A::batch_stride == B::batch_stride &&
                std::is_same_v<typename A::scalar, typename B::scalar>) {
    const auto bytes = static_cast<std::ptrdiff_t>(start_b - start_a);
    if (bytes % static_cast<std::ptrdiff_t>(size) != 0) return true;
    std::array<AxisDifference, rank + 1> axes;
    for (std::size_t axis = 0; axis < rank; ++axis)
      axes[axis] = {static_cast<std::ptrdiff_t>(A::steps::values[axis]),
                    1 - static_cast<std::ptrdiff_t>(B::shape::extents[axis]),
                    static_cast<std::ptrdiff_t>(A::shape::extents[axis]) - 1};
    axes[rank] = {1, 0, 0};
    if constexpr (A::batched)
      axes[rank] = {static_cast<std::ptrdiff_t>(A::batch_stride), 1 - static_cast<std::ptrdiff_t>(b.count),
                    static_cast<std::ptrdiff_t>(a.count) - 1};
    return can_be_in_any_order(bytes / static_cast<std::ptrdiff_t>(size), axes);
  }
  return true;
}

/// Whether a leaf gives each element of the target from that element's own memory, or from memory that the target
/// lacks.
template <class Elements, class Leaf>
bool is_safe(const Elements& target, const Leaf& leaf) {
  using Shape_ = typename Elements::shape;
  if constexpr (Leaf::shape::rank <= Shape_::rank && std::is_same_v<typename Leaf::scalar, typename Elements::scalar> &&
                Leaf::batch_stride == Elements::batch_stride) {
    if (leaf.data == target.data &&
        std::ranges::equal(Alignment<typename Leaf::shape, typename Leaf::steps, Shape_>::strides,
                           Alignment<Shape_, typename Elements::steps, Shape_>::strides))
      return true;
  }
  return !share_elements(target, leaf);
}

/// Throws ArgumentError if a node would read what has been overwritten.
template <class Elements, class Node>
void require_safe(const Elements& target, const Node& node) {
  for_each_source(node, [&](const auto& leaf) {
    if (!is_safe(target, leaf)) throw_overlap(&Elements::shape::to_string);
  });
}

/// Calls body(leaf) for every leaf in memory of an expression, what is not computed yet included.
template <class Node, class Body>
void for_each_operand(const Node& node, const Body& body) {
  if constexpr (is_source<Node>) {
    body(node);
  } else if constexpr (requires { node.nodes; }) {
    node.nodes.apply([&](const auto&... each) {
      (for_each_operand(each, body), ...);
      return 0;
    });
  } else if constexpr (requires { node.memory; }) {
    for_each_operand(node.memory, body);
  } else if constexpr (requires { node.node; }) {
    for_each_operand(node.node, body);
  } else if constexpr (requires { node.a; }) {
    for_each_operand(node.a, body);
    for_each_operand(node.b, body);
  }
}

}  // namespace odot::expressions::detail
