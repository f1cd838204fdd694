#pragma once
// SPDX-License-Identifier: MIT
// Sums, means, largest and smallest elements over chosen axes, or over the samples.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "odot/expressions/operands.hpp"

namespace odot {

namespace expressions::detail {

/// The axes as bits. No axis: all.
template <ShapeType S, std::size_t... Axes>
constexpr std::uint64_t axes_mask() {
  if constexpr (sizeof...(Axes) == 0) return (std::uint64_t{1} << S::rank) - 1;
  else return ((std::uint64_t{1} << Axes) | ...);
}

/// Reduces the axes of Mask, neighbouring ones at once, from the last to the first.
template <class R, std::uint64_t Mask, class Node>
auto reduce(Node node) {
  if constexpr (Mask == 0) {
    return node;
  } else {
    constexpr auto last = static_cast<std::size_t>(63 - std::countl_zero(Mask));
    constexpr std::size_t first = [] {
      std::size_t axis = last;
      while (axis > 0 && (Mask >> (axis - 1) & 1)) --axis;
      return axis;
    }();
    constexpr std::uint64_t rest = Mask & ((std::uint64_t{1} << first) - 1);
    return reduce<R, rest>(Reduced<R, Node, first, last>(std::move(node)));
  }
}

template <class R, std::size_t... Axes, class A>
auto reduce_axes_of(A&& a) {
  using Node = NodeOf<A>;
  using S = typename Node::shape;
  constexpr bool are_axes = is_refused<Node> || ((Axes < S::rank) && ...);
  static_assert(are_axes, "odot: a reduction's axis must be less than the rank; the batch is not counted");
  if constexpr (is_refused<Node> || !are_axes) return RefusedOf<Node>();
  else return reduce<R, axes_mask<S, Axes...>()>(node_of(std::forward<A>(a)));
}

/// Node divided by a number.
template <class Node>
auto divided(Node node, std::size_t by) {
  using S = typename Node::scalar;
  return make_map<Divides>(std::move(node), Constant<S, typename Node::device>(static_cast<S>(by)));
}

}  // namespace expressions::detail

/// Σ over the axes, of each sample by itself; they stay with extent 1. Axes are counted without the batch; none named: all.
/// Long sums lose no more than short ones.
template <std::size_t... Axes, expressions::Operand A>
auto sum(A&& a) {
  return expressions::detail::reduce_axes_of<kernels::Sum, Axes...>(std::forward<A>(a));
}
/// The mean, likewise.
template <std::size_t... Axes, expressions::Operand A>
auto mean(A&& a) {
  using Before = typename expressions::NodeOf<A>::shape;
  auto total = sum<Axes...>(std::forward<A>(a));
  constexpr std::size_t count = Before::size / decltype(total)::shape::size;
  return expressions::detail::make_map<expressions::DividedBy<count>>(std::move(total));
}
/// The largest element, likewise; NaN if one of them is.
template <std::size_t... Axes, expressions::Operand A>
auto(max)(A&& a) {  // in parentheses: some headers define max and min as macros
  return expressions::detail::reduce_axes_of<kernels::Largest, Axes...>(std::forward<A>(a));
}
/// The smallest element, likewise.
template <std::size_t... Axes, expressions::Operand A>
auto(min)(A&& a) {
  return expressions::detail::reduce_axes_of<kernels::Smallest, Axes...>(std::forward<A>(a));
}

/// Σ over the samples of a batch: one tensor.
template <expressions::Operand A>
auto batch_sum(A&& a) {
  using Node = expressions::NodeOf<A>;
  static_assert(Node::batched || expressions::is_refused<Node>,
                "odot::batch_sum: a batch is summed over its samples; of one tensor, use sum");
  if constexpr (!Node::batched || expressions::is_refused<Node>)
    return expressions::Refused<typename Node::scalar, typename Node::device, false>();
  else return expressions::BatchReduced<kernels::Sum, Node>(expressions::node_of(std::forward<A>(a)));
}
/// The mean over the samples of a batch.
template <expressions::Operand A>
auto batch_mean(A&& a) {
  auto node = expressions::node_of(std::forward<A>(a));
  const std::size_t samples = node.samples();
  return expressions::detail::divided(batch_sum(std::move(node)), samples);
}

}  // namespace odot
