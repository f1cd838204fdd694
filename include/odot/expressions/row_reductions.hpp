#pragma once
// SPDX-License-Identifier: MIT
// Which reductions run over the columns of the target's rows, and what a pass over rows keeps of their terms.

#include <algorithm>
#include <cstddef>
#include <type_traits>

#include "odot/expressions/costly_nodes.hpp"
#include "odot/expressions/evaluate.hpp"

namespace odot::expressions {

/// A reduction over a row of the pass that contains it.
template <class R_, class Node, ShapeType Shape_>
struct RowReduced : ExpressionBase<RowReduced<R_, Node, Shape_>> {
  using R = R_;
  using shape = Shape_;
  using scalar = typename Node::scalar;
  using device = typename Node::device;
  static constexpr bool batched = Node::batched;

  Node node;

  explicit constexpr RowReduced(const Node& of) : node(of) {}
  std::size_t samples() const { return node.samples(); }

  template <class Target>
  static constexpr std::size_t merged_axes = Node::template merged_axes<Target>;
  template <class Target>
  static constexpr bool is_flat = false;
  template <class Target>
  static constexpr bool is_flat_sample = false;

  template <class Space, class Run>
  ODOT_HOST_DEVICE auto load(const Run& run) const {
    return remembered<RowReduced>(run);
  }
};

template <class Body, class R, class Node, ShapeType S>
void for_each_source(const RowReduced<R, Node, S>& reduced, const Body& body) {
  for_each_source(reduced.node, body);
}

namespace detail {

// ---- Which expressions

/// Longer rows are reduced in pieces, on all threads.
inline constexpr std::size_t longest_row = 4096;

/// Whether a reduction takes the last axes of elements of shape Target.
template <class Target, bool Batched, class Node>
inline constexpr std::size_t row_axes_of = 0;
template <class Target, bool Batched, class R, class Node, std::size_t First, std::size_t Last>
inline constexpr std::size_t row_axes_of<Target, Batched, Reduced<R, Node, First, Last>> =
    std::is_same_v<typename Node::shape, Target> && Node::batched == Batched && Last + 1 == Target::rank &&
            Space<Target, Batched, Last - First + 1, false>::columns <= longest_row
        ? Last - First + 1
        : 0;
template <class Target, bool Batched, class F, class... Node>
inline constexpr std::size_t row_axes_of<Target, Batched, Map<F, Node...>> =
    (std::max)({std::size_t{0}, row_axes_of<Target, Batched, Node>...});

/// As resolve(), but reductions over the last Axes axes of Target stay.
template <class Target, bool Batched, std::size_t Axes, class Device, class Node>
auto resolve_rows(Evaluation<Device>& evaluation, const Node& node) {
  return resolve(evaluation, node);
}
template <class Target, bool Batched, std::size_t Axes, class Device, class R, class Node, std::size_t First,
          std::size_t Last>
auto resolve_rows(Evaluation<Device>& evaluation, const Reduced<R, Node, First, Last>& reduced);
template <class Target, bool Batched, std::size_t Axes, class Device, class F, class... Node>
auto resolve_rows(Evaluation<Device>& evaluation, const Map<F, Node...>& map) {
  return map.nodes.apply(
      [&](const auto&... node) { return map_of<F>(resolve_rows<Target, Batched, Axes>(evaluation, node)...); });
}
template <class Target, bool Batched, std::size_t Axes, class Device, class R, class Node, std::size_t First,
          std::size_t Last>
auto resolve_rows(Evaluation<Device>& evaluation, const Reduced<R, Node, First, Last>& reduced) {
  if constexpr (row_axes_of<Target, Batched, Reduced<R, Node, First, Last>> == Axes) {
    const auto node = resolve_rows<Target, Batched, Axes>(evaluation, reduced.node);
    return RowReduced<R, std::remove_const_t<decltype(node)>, typename Reduced<R, Node, First, Last>::shape>(node);
  } else {
    return resolve(evaluation, reduced);
  }
}

// ---- The pass

template <class Node>
inline constexpr bool is_row_reduced = false;
template <class R, class Node, ShapeType S>
inline constexpr bool is_row_reduced<RowReduced<R, Node, S>> = true;

template <class R, class Node, ShapeType S>
struct CostlyNodes<RowReduced<R, Node, S>, true> {
  using type = typename Joined<typename CostlyNodes<Node, true>::type, List<RowReduced<R, Node, S>>>::type;
};
template <class Space, class R, class Node, ShapeType S>
inline constexpr bool is_constant_in_row<Space, RowReduced<R, Node, S>> = true;

// ---- What is kept of a row

template <class Node>
struct TermsOfRow {
  using type = List<>;
};
template <class R, class Node, ShapeType S>
struct TermsOfRow<RowReduced<R, Node, S>> : CostlyNodes<Node, false> {};

/// The last of nodes that is not the same for all columns and occurs in two of `Within`, lists of nodes; or NoNode.
struct NoNode {};
template <class Space, class Candidates, class... Within>
struct LastShared {
  using type = NoNode;
};
template <class Space, class First, class... Others, class... Within>
struct LastShared<Space, List<First, Others...>, Within...> {
  using later = typename LastShared<Space, List<Others...>, Within...>::type;
  static constexpr bool is_shared =
      !is_constant_in_row<Space, First> && (std::size_t{Within::template count<First> > 0} + ... + 0) >= 2;
  using type = std::conditional_t<std::is_same_v<later, NoNode> && is_shared, First, later>;
};

/// The node that is computed for a reduction over a row and is needed again, by another one or for the value itself: as
/// exp(x - max<0>(x)) in a softmax. Each element's is kept until the row is done.
template <class Space, class Value, class OfRow>
struct KeptOf;
template <class Space, class Value, class... OfRow>
struct KeptOf<Space, Value, List<OfRow...>> {
  using Candidates = typename Joined<List<>, typename TermsOfRow<OfRow>::type...>::type;
  using type = typename LastShared<Space, Candidates, typename TermsOfRow<OfRow>::type...,
                                   typename CostlyNodes<Value, false>::type>::type;
};

}  // namespace detail

}  // namespace odot::expressions
