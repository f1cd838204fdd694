#pragma once
// SPDX-License-Identifier: MIT
// Which parts of an expression a pass computes once: costly functions (exp, ÷, √ …) that occur more than once, once per
// run; those whose operands are the same for all columns, once per row. Parts are told apart by their types; whether parts
// of one type have the same operands too is found out before the pass.

#include <cstddef>
#include <cstring>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

#include "odot/expressions/costly_nodes.hpp"
#include "odot/expressions/nodes.hpp"
#include "odot/expressions/remember.hpp"

namespace odot::expressions {

namespace detail {

/// Whether passes on a device remember what a run needs again. On a Gpu it has not been measured.
template <class Device>
inline constexpr bool remembers_on = std::is_same_v<Device, Cpu>;

/// Whether two nodes of one type are the same function of the same elements.
template <class Node>
bool is_same(const Node& a, const Node& b) {
  if constexpr (requires { a.nodes; }) {
    return a.nodes.apply([&](const auto&... left) {
      return b.nodes.apply([&](const auto&... right) { return (is_same(left, right) && ...); });
    });
  } else if constexpr (requires { a.node; }) {
    return is_same(a.node, b.node);
  } else if constexpr (requires { a.memory; }) {
    return is_same(a.memory, b.memory);
  } else if constexpr (requires { a.data; }) {
    return a.data == b.data && a.count == b.count;
  } else {
    return std::memcmp(&a.value, &b.value, sizeof(a.value)) == 0;
  }
}

/// The nodes of these types in an expression.
template <class... Node>
struct Found {
  std::tuple<std::optional<Node>...> nodes;
  bool all_same = true;  // those of one type

  template <class Root>
  void look(const Root& root) {
    if constexpr (requires { root.nodes; }) {
      root.nodes.apply([&](const auto&... operand) {
        (look(operand), ...);
        return 0;
      });
      note(root);
    } else if constexpr (requires { root.node; }) {
      look(root.node);
      note(root);
    } else {
      note(root);
    }
  }
  template <class Candidate>
  void note(const Candidate& node) {
    if constexpr ((std::is_same_v<Candidate, Node> || ...)) {
      auto& known = std::get<std::optional<Candidate>>(nodes);
      if (!known) known.emplace(node);
      else all_same = all_same && is_same(*known, node);
    }
  }
  template <class Chosen>
  const Chosen& first() const {
    return *std::get<std::optional<Chosen>>(nodes);
  }
  template <class... Chosen>
  Nodes<Chosen...> copies(List<Chosen...>) const {
    return Nodes<Chosen...>(first<Chosen>()...);
  }
};
template <class... A, class... B, class... C>
Found<A..., B..., C...> found_of(List<A...>, List<B...>, List<C...> = List<>()) {
  return {};
}
template <class L>
struct NodesOf;
template <class... Node>
struct NodesOf<List<Node...>> {
  using type = Nodes<Node...>;
};

}  // namespace detail

// ---- Passes that remember

/// body(run that remembers the nodes' values, and those known before)
template <class Space, class Known, class Run, class Body>
ODOT_HOST_DEVICE ODOT_INLINE auto with_values(const Nodes<>&, const Known& known, const Run& run, const Body& body) {
  return body(Remembering<Run, Known>{run, known});
}
template <class Space, class First, class... Others, class Known, class Run, class Body>
ODOT_HOST_DEVICE ODOT_INLINE auto with_values(const Nodes<First, Others...>& nodes, const Known& known, const Run& run,
                                              const Body& body) {
  using Number = typename Run::Number;
  const Values<Known, First, Number> values{
      known, Number(nodes.first.template load<Space>(Remembering<Run, Known>{run, known}))};
  return with_values<Space>(nodes.others, values, run, body);
}

/// The value of a node that is the same for all columns of a row, of which `start` is a run: one number. Exact functions
/// are computed of a single number, which takes a fraction of a register's time.
template <class Space, class F, class... Node, class Known, class Run>
ODOT_HOST_DEVICE ODOT_INLINE auto value_in_row(const Map<F, Node...>& node, const Known& known, const Run& start) {
  if constexpr (F::is_exact) {
    const auto single = start.single();
    using Single = std::remove_const_t<decltype(single)>;
    return first_of(node.template load<Space>(Remembering<Single, Known>{single, known}));
  } else {
    return first_of(node.template load<Space>(Remembering<Run, Known>{start, known}));
  }
}
/// body(known values and those of the nodes), where the nodes are the same for all columns of a row.
template <class Space, class Known, class Run, class Body>
ODOT_HOST_DEVICE ODOT_INLINE auto with_row_values(const Nodes<>&, const Known& known, const Run&, const Body& body) {
  return body(known);
}
template <class Space, class First, class... Others, class Known, class Run, class Body>
ODOT_HOST_DEVICE ODOT_INLINE auto with_row_values(const Nodes<First, Others...>& nodes, const Known& known,
                                                  const Run& start, const Body& body) {
  const Values<Known, First, typename Run::scalar> values{known, value_in_row<Space>(nodes.first, known, start)};
  return with_row_values<Space>(nodes.others, values, start, body);
}

/// A pass that computes the nodes of `of_row` once per row, on devices whose primitives ask for it, and those of `of_run`
/// once per run.
template <class Space, class Pass, class OfRow, class OfRun>
struct RememberingPass {
  Pass pass;
  OfRow of_row;
  OfRun of_run;

  template <class Known>
  struct InRow {
    const RememberingPass& all;
    const Known& known;

    template <class Run>
    ODOT_HOST_DEVICE ODOT_INLINE auto operator()(const Run& run) const {
      return with_values<Space>(all.of_run, known, run, all.pass);
    }
  };
  /// To a row's values: body(pass over that row).
  template <class Body>
  struct StartRow {
    const RememberingPass& all;
    const Body& body;

    template <class Known>
    ODOT_HOST_DEVICE ODOT_INLINE auto operator()(const Known& known) const {
      return body(InRow<Known>{all, known});
    }
  };
  template <class Run>
  struct AtRun {
    const Run& run;

    template <class PassInRow>
    ODOT_HOST_DEVICE ODOT_INLINE auto operator()(const PassInRow& pass_in_row) const {
      return pass_in_row(run);
    }
  };

  /// body(pass over the row of which `start` is a run)
  template <class Run, class Body>
  ODOT_HOST_DEVICE ODOT_INLINE auto in_row(const Run& start, const Body& body) const {
    return with_row_values<Space>(of_row, NoValues{}, start, StartRow<Body>{*this, body});
  }
  template <class Run>
  ODOT_HOST_DEVICE ODOT_INLINE auto operator()(const Run& run) const {
    if constexpr (std::is_same_v<OfRow, Nodes<>>) return with_values<Space>(of_run, NoValues{}, run, pass);
    else return in_row(run, AtRun<Run>{run});
  }
  template <class At, class Totals>
  ODOT_HOST_DEVICE void finish(const At& at, const Totals& totals) const {
    pass.finish(at, totals);
  }
};

/// body(pass), where the pass remembers what is worth it in the expressions `roots` that it evaluates. Hoists: whether
/// the primitive keeps to a row.
template <class Space, bool Hoists, class Pass, class Body, class... Root>
void with_remembering(const Pass& pass, const Body& body, const Root&... roots) {
  using All = typename detail::Joined<detail::List<>, typename detail::CostlyNodes<Root, false>::type...>::type;
  using OfRow = typename detail::ChosenFrom<Space, Hoists, true, All>::type;
  using OfRun = typename detail::ChosenFrom<Space, Hoists, false, All>::type;
  if constexpr (OfRow::size + OfRun::size == 0 || !(detail::remembers_on<typename Root::device> && ...)) {
    body(pass);
  } else {
    auto found = detail::found_of(OfRow(), OfRun());
    (found.look(roots), ...);
    if (!found.all_same) return body(pass);
    body(RememberingPass<Space, Pass, typename detail::NodesOf<OfRow>::type, typename detail::NodesOf<OfRun>::type>{
        pass, found.copies(OfRow()), found.copies(OfRun())});
  }
}

}  // namespace odot::expressions
