#pragma once
// SPDX-License-Identifier: MIT
// Values of nodes that a pass has computed already: a run that remembers them, where load() of such a node finds its value
// by the node's type. repeats.hpp chooses the nodes. (References all along: GCC keeps registers in registers then.)

#include "odot/core/config.hpp"

namespace odot::expressions {

/// Values of nodes: none, or one and those known before it. A value is a run's Number, or one number for a whole row.
struct NoValues {};
template <class Before, class Node, class Value>
struct Values {
  const Before& before;
  Value value;
};

template <class Known, class Node>
inline constexpr bool holds_value = false;
template <class Before, class Other, class Number, class Node>
inline constexpr bool holds_value<Values<Before, Other, Number>, Node> = holds_value<Before, Node>;
template <class Before, class Node, class Number>
inline constexpr bool holds_value<Values<Before, Node, Number>, Node> = true;

template <class Node, class Before, class Other, class Number>
ODOT_HOST_DEVICE const auto& value_in(const Values<Before, Other, Number>& known) {
  if constexpr (holds_value<Values<Before, Other, Number>, Node> && !holds_value<Before, Node>) return known.value;
  else return value_in<Node>(known.before);
}

/// A run that remembers values.
template <class Run, class Known>
struct Remembering : Run {
  const Known& known;
};

template <class Run, class Node>
inline constexpr bool remembers = false;
template <class Run, class Known, class Node>
inline constexpr bool remembers<Remembering<Run, Known>, Node> = holds_value<Known, Node>;

template <class Node, class Run, class Known>
ODOT_HOST_DEVICE typename Run::Number remembered(const Remembering<Run, Known>& run) {
  return value_in<Node>(run.known);
}

}  // namespace odot::expressions
