#pragma once
// SPDX-License-Identifier: MIT
// The programs that evaluate expressions on the primitives of kernels/parallel/.

#include <algorithm>
#include <cstddef>
#include <type_traits>

#include "odot/expressions/nodes.hpp"
#include "odot/kernels/parallel/contract.hpp"
#include "odot/kernels/parallel/terms.hpp"

namespace odot::expressions {

/// The space in which element-wise nodes are evaluated to targets of this shape.
template <ShapeType Target, bool Batched, class... Node>
struct SpaceFor {
  static constexpr std::size_t merged = (std::min)({Target::rank, Node::template merged_axes<Target>...});
  static constexpr bool flat =
      Batched ? (Node::template is_flat<Target> && ...) : (Node::template is_flat_sample<Target> && ...);
  using type = Space<Target, Batched, merged, flat>;
};
template <ShapeType Target, bool Batched, class... Node>
using SpaceOf = typename SpaceFor<Target, Batched, Node...>::type;

/// target = value, for any number of pairs.
template <class Target, class Value>
struct Assignment {
  Target target;
  Value value;
};

/// Value of a node as a number, where it is what a comparison gave.
template <class Space, class Node, class Run>
ODOT_HOST_DEVICE ODOT_INLINE typename Run::Number load_number(const Node& node, const Run& run) {
  using Number = typename Run::Number;
  const auto value = node.template load<Space>(run);
  if constexpr (std::is_same_v<std::remove_cvref_t<decltype(value)>, typename Number::mask>)
    return select(value, Number(1), Number(0));
  else return value;
}

/// The pass of element-wise assignments: every right side of an element before the first store.
template <class Space, class... Pair>
struct MapPass {
  Nodes<Pair...> assignments;

  template <class Run>
  ODOT_HOST_DEVICE void operator()(const Run& run) const {
    assignments.apply([&](const auto&... pair) {
      const typename Run::Number values[] = {load_number<Space>(pair.value, run)...};
      std::size_t next = 0;
      (pair.target.template store<Space>(run, values[next++]), ...);
      return 0;
    });
  }
};

/// Terms of a reduction, one per element of the space.
template <class Space, class Node, class Finish>
struct ReductionPass {
  Node node;
  Finish end;

  template <class Run>
  ODOT_HOST_DEVICE auto operator()(const Run& run) const {
    return load_number<Space>(node, run);
  }
  template <class At, class Totals>
  ODOT_HOST_DEVICE void finish(const At& at, const Totals& totals) const {
    end(at, totals);
  }
};

/// How totals are stored: F() is what `=`, `+=` … make of the target's element and the total.
template <class F, class S>
struct StoreTotal {
  S* to;

  template <class Total>
  ODOT_HOST_DEVICE void operator()(std::size_t row, const Total& totals) const {
    if constexpr (F::reads) to[row] = F::of_scalars(to[row], static_cast<S>(totals[0]));
    else to[row] = static_cast<S>(totals[0]);
  }
  template <class Run, class Totals>
    requires requires { typename Run::Number; }
  ODOT_HOST_DEVICE void operator()(const Run& run, const Totals& totals) const {
    if constexpr (F::reads) run.store(to, F()(run.load(to), totals[0]));
    else run.store(to, totals[0]);
  }
};

/// What stretches give, combined; Σ with what rounding lost.
template <class R, class Number>
struct StretchTotal {
  Number all, lost = Number(0);

  ODOT_HOST_DEVICE void add(const Number& part) {
    if constexpr (std::is_same_v<R, kernels::Sum>) {
      const Number sum = all + part, added = sum - all;
      lost = lost + ((all - (sum - added)) + (part - added));
      all = sum;
    } else {
      all = R::combine(all, part);
    }
  }
  ODOT_HOST_DEVICE Number total() const {
    if constexpr (std::is_same_v<R, kernels::Sum>)
      return select(lost == lost, all + lost, all);  // NaN beside infinities
    else return all;
  }
};

/// Reduces the rows r · length + 0 … length − 1 of the node's space for every output row r: what lies between is
/// reduced.
template <class F, class R, class Space, std::size_t Length, class Node, class S>
struct MiddlePass {
  Node node;
  S* to;

  template <class Run>
  ODOT_HOST_DEVICE void operator()(const Run& run) const {
    using Number = typename Run::Number;
    constexpr std::size_t stretch = 64;  // that are added one after the other
    StretchTotal<R, Number> total{Number(R::template identity<S>)};
    Run at = run;
    for (std::size_t first = 0; first < Length; first += stretch) {
      Number part(R::template identity<S>);
      for (std::size_t i = first; i < first + stretch && i < Length; ++i) {
        at.row = run.row * Length + i;
        at.offset = at.row * Space::columns + at.column;
        part = R::combine(part, load_number<Space>(node, at));
      }
      total.add(part);
    }
    Number all = total.total();
    if constexpr (F::reads) all = F()(run.load(to), all);
    run.store(to, all);
  }
};

/// `=`
struct Replace {
  static constexpr bool reads = false;
};
/// `+=`
struct AddTo {
  static constexpr bool reads = true;

  template <class Number>
  ODOT_HOST_DEVICE Number operator()(const Number& before, const Number& value) const {
    return before + value;
  }
  template <class S>
  static ODOT_HOST_DEVICE S of_scalars(const S& before, const S& value) {
    return before + value;
  }
};

}  // namespace odot::expressions
