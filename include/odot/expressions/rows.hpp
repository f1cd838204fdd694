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

/// No node is kept.
struct KeepsNothing {
  static constexpr bool in_registers = false;
};
/// A node, and memory for its values of all rows; rows of few registers stay in registers.
template <class Node_, class S, bool InRegisters>
struct Keeps {
  using Node = Node_;
  static constexpr bool in_registers = InRegisters;

  Node node;
  S* memory;

  template <class Run>
  ODOT_HOST_DEVICE ODOT_INLINE typename Run::Number load(const Run& run) const {
    return run.load(memory);
  }
  template <class Run>
  ODOT_HOST_DEVICE ODOT_INLINE void store(const Run& run, const typename Run::Number& value) const {
    run.store(memory, value);
  }
};
/// The values of a row that stay in registers.
template <class Node_, class Number>
struct KeepsInRegisters {
  using Node = Node_;

  const Node& node;
  Number* values;

  template <class Run>
  ODOT_HOST_DEVICE ODOT_INLINE Number load(const Run& run) const {
    return values[run.column / Number::count];
  }
  template <class Run>
  ODOT_HOST_DEVICE ODOT_INLINE void store(const Run& run, const Number& value) const {
    values[run.column / Number::count] = value;
  }
};

namespace detail {
template <class Node, class Kept>
inline constexpr bool is_needed_for = false;
template <class R, class Node, ShapeType S, class Kept>
  requires requires { typename Kept::Node; }
inline constexpr bool is_needed_for<RowReduced<R, Node, S>, Kept> =
    TermsOfRow<RowReduced<R, Node, S>>::type::template count<typename Kept::Node> > 0;
}  // namespace detail

/// body(run that remembers the row's values, and what is kept of the run). AreKept: whether it has been computed before.
template <class Space, bool AreKept, class Known, class Kept, class Run, class Body>
ODOT_HOST_DEVICE ODOT_INLINE auto with_kept(const Known& known, const Kept& kept, const Run& run, const Body& body) {
  using Number = typename Run::Number;
  using Value = Values<Known, typename Kept::Node, Number>;
  if constexpr (AreKept) {
    return body(Value{known, kept.load(run)});
  } else {
    const Value value{known, Number(kept.node.template load<Space>(Remembering<Run, Known>{run, known}))};
    kept.store(run, value.value);
    return body(value);
  }
}

/// A row's reduction: its terms.
template <class Space, bool Needs, bool AreKept, class Node, class Known, class Kept>
struct RowTerm {
  const Node& node;
  const Known& known;
  const Kept& kept;

  template <class Run>
  ODOT_HOST_DEVICE ODOT_INLINE auto operator()(const Run& run) const {
    if constexpr (Needs)
      return with_kept<Space, AreKept>(known, kept, run, [&](const auto& all) { return term(run, all); });
    else return term(run, known);
  }

 private:
  template <class Run, class All>
  ODOT_HOST_DEVICE ODOT_INLINE auto term(const Run& run, const All& all) const {
    return load_number<Space>(node, Remembering<Run, All>{run, all});
  }
};

/// A pass over whole rows: the values of a row's nodes, which are reductions, or functions of them and of what else is the
/// same for all columns; then `pass` for its runs.
template <class Space, class Pass, class OfRow, class OfRun, class Kept>
struct RowPass {
  Pass pass;
  OfRow of_row;
  OfRun of_run;
  Kept kept;

  template <class Row>
  ODOT_HOST_DEVICE void operator()(const Row& row) const {
    if constexpr (Kept::in_registers) {
      using Number = typename decltype(row.start())::Number;
      Number values[(Space::columns + Number::count - 1) / Number::count];
      go_on<false>(of_row, NoValues{}, KeepsInRegisters<typename Kept::Node, Number>{kept.node, values}, row);
    } else {
      go_on<false>(of_row, NoValues{}, kept, row);
    }
  }

 private:
  template <bool AreKept, class Known, class KeptOfRow>
  struct EachRun {
    const RowPass& all;
    const Known& known;
    const KeptOfRow& kept;

    template <class Run>
    ODOT_HOST_DEVICE ODOT_INLINE void operator()(const Run& run) const {
      if constexpr (AreKept) with_kept<Space, true>(known, kept, run, [&](const auto& values) { store(run, values); });
      else store(run, known);
    }
    template <class Run, class AllKnown>
    ODOT_HOST_DEVICE ODOT_INLINE void store(const Run& run, const AllKnown& values) const {
      with_values<Space>(all.of_run, values, run, all.pass);
    }
  };

  ODOT_ANY_CALLEE
  template <bool AreKept, class Known, class KeptOfRow, class Row>
  ODOT_HOST_DEVICE ODOT_INLINE void go_on(const Nodes<>&, const Known& known, const KeptOfRow& values,
                                          const Row& row) const {
    row.each(EachRun<AreKept, Known, KeptOfRow>{*this, known, values});
  }
  ODOT_ANY_CALLEE
  template <bool AreKept, class First, class... Others, class Known, class KeptOfRow, class Row>
  ODOT_HOST_DEVICE ODOT_INLINE void go_on(const Nodes<First, Others...>& nodes, const Known& known,
                                          const KeptOfRow& values, const Row& row) const {
    using Value = Values<Known, First, typename decltype(row.start())::scalar>;
    if constexpr (detail::is_row_reduced<First>) {
      using Node = std::remove_cvref_t<decltype(nodes.first.node)>;
      constexpr bool needs = detail::is_needed_for<First, KeptOfRow>;
      const RowTerm<Space, needs, AreKept, Node, Known, KeptOfRow> term{nodes.first.node, known, values};
      go_on<AreKept || needs>(nodes.others, Value{known, row.template reduce<typename First::R>(term)}, values, row);
    } else {
      go_on<AreKept>(nodes.others, Value{known, value_in_row<Space>(nodes.first, known, row.start())}, values, row);
    }
  }
};

}  // namespace odot::expressions
