#pragma once
// SPDX-License-Identifier: MIT
// Row expressions: those whose sums and maxima run over the columns of the target's rows, as in exp(x - max<0>(x)). A row is
// reduced and stored before the next, in one pass, so that its elements are read from memory once.

#include <cstddef>
#include <type_traits>

#include "odot/expressions/remember.hpp"
#include "odot/expressions/repeats.hpp"
#include "odot/expressions/row_reductions.hpp"

namespace odot::expressions {

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
