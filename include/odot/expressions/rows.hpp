#pragma once
// SPDX-License-Identifier: MIT
// Row expressions: those whose sums and maxima run over the columns of the target's rows, as in exp(x - max<0>(x)). A row is
// reduced and stored before the next, in one pass, so that its elements are read from memory once.

#include <cstddef>
#include <type_traits>
#include <utility>

#include "odot/expressions/evaluate.hpp"
#include "odot/expressions/repeats.hpp"

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

}  // namespace detail

/// A row's reduction: its terms.
template <class Space, class Node, class Known>
struct RowTerm {
  const Node& node;
  const Known& known;

  template <class Run>
  ODOT_HOST_DEVICE auto operator()(const Run& run) const {
    return load_number<Space>(node, Remembering<Run, Known>{run, known});
  }
};

/// A pass over whole rows: the values of a row's nodes, which are reductions, or functions of them and of what else is the
/// same for all columns; then `pass` for its runs.
template <class Space, class Pass, class OfRow, class OfRun>
struct RowPass {
  Pass pass;
  OfRow of_row;
  OfRun of_run;

  template <class Row>
  ODOT_HOST_DEVICE void operator()(const Row& row) const {
    go_on(of_row, NoValues{}, row);
  }

 private:
  template <class Known>
  struct EachRun {
    const RowPass& all;
    const Known& known;

    template <class Run>
    ODOT_HOST_DEVICE void operator()(const Run& run) const {
      with_values<Space>(all.of_run, known, run, all.pass);
    }
  };

  ODOT_ANY_CALLEE
  template <class Known, class Row>
  ODOT_HOST_DEVICE void go_on(const Nodes<>&, const Known& known, const Row& row) const {
    row.each(EachRun<Known>{*this, known});
  }
  ODOT_ANY_CALLEE
  template <class First, class... Others, class Known, class Row>
  ODOT_HOST_DEVICE void go_on(const Nodes<First, Others...>& nodes, const Known& known, const Row& row) const {
    using Start = decltype(row.start());
    using Number = typename Start::Number;
    if constexpr (detail::is_row_reduced<First>) {
      using Node = std::remove_cvref_t<decltype(nodes.first.node)>;
      const RowTerm<Space, Node, Known> term{nodes.first.node, known};
      go_on(nodes.others, Values<Known, First, Number>{known, Number(row.template reduce<typename First::R>(term))},
            row);
    } else {
      const Remembering<Start, Known> start{row.start(), known};
      go_on(nodes.others, Values<Known, First, Number>{known, Number(nodes.first.template load<Space>(start))}, row);
    }
  }
};

}  // namespace odot::expressions
