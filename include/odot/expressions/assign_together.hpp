#pragma once
// SPDX-License-Identifier: MIT
// Several assignments in one pass: assign(dx, …, added_to(db), batch_sum(…)), what a backward usually needs.

#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>

#include "odot/expressions/assign.hpp"
#include "odot/expressions/fused_pass.hpp"

namespace odot {

namespace expressions::detail {

/// A target and what it becomes.
template <class Target, class Node>
struct Entry {
  Target target;
  Node node;  // a reference where it is an expression of the caller's

  using elements = std::remove_cvref_t<decltype(target.elements)>;
  using node_type = std::remove_cvref_t<Node>;
  static constexpr bool is_batch_sum = is_direct<elements, node_type> && !node_type::batched &&
                                       elements::batched == false && requires(const node_type& n) { n.node.samples(); };
};

template <class A>
decltype(auto) kept_node(const A& a) {
  if constexpr (ExpressionNode<A>) return (a);
  else return node_of(a);
}
template <class A, class B>
auto entry_of(A&& a, const B& b) {
  const auto target = target_of(a);
  using Elements = std::remove_cvref_t<decltype(target.elements)>;
  if constexpr (std::is_arithmetic_v<B>) {
    using C = Constant<typename Elements::scalar, typename Elements::device>;
    return Entry<std::remove_const_t<decltype(target)>, C>{target, C(static_cast<typename Elements::scalar>(b))};
  } else {
    return Entry<std::remove_const_t<decltype(target)>, decltype(kept_node(b))>{target, kept_node(b)};
  }
}

inline auto entries_of() { return std::tuple<>(); }
template <class A, class B, class... Rest>
auto entries_of(A&& a, const B& b, Rest&&... rest) {
  return std::tuple_cat(std::make_tuple(entry_of(a, b)), entries_of(rest...));
}

/// Whether a node is a reduction over samples.
template <class Node>
inline constexpr bool is_batch_reduction = false;
template <class Node>
inline constexpr bool is_batch_reduction<BatchReduced<kernels::Sum, Node>> = true;

/// The same, resolved. Of sums over samples the terms.
template <class Device, class E>
auto resolved(Evaluation<Device>& evaluation, const E& entry) {
  using Target = std::remove_cvref_t<decltype(entry.target)>;
  using F = typename Target::F;
  using Node = typename E::node_type;
  if (entry.target.elements.data) require_as_many(entry.target.elements, entry.node);
  if constexpr (is_batch_reduction<Node> && is_direct<typename E::elements, Node>) {
    auto value = resolve(evaluation, entry.node.node);
    return SumEntry<F, typename E::elements, decltype(value)>{entry.target.elements, value};
  } else {
    auto value = entering<F>(entry.target.elements, resolve(evaluation, entry.node));
    return MapEntry<F, typename E::elements, decltype(value)>{entry.target.elements, value};
  }
}

template <class... E>
void require_all_safe(const E&... entries) {
  const auto against_all = [&](const auto& target) { (require_safe(target, entries.value), ...); };
  (against_all(entries.target), ...);
}

/// Throws ArgumentError if two targets have elements in common.
inline void require_apart() {}
template <class First, class... Rest>
void require_apart(const First& first, const Rest&... rest) {
  if ((share_elements(first.target.elements, rest.target.elements) || ...))
    throw ArgumentError("odot::assign: two of the targets share elements; each must be written once");
  require_apart(rest...);
}

/// Whether a right side reads what an earlier one of the assignments writes.
inline bool reads_earlier_target() { return false; }
template <class First, class... Rest>
bool reads_earlier_target(const First& first, const Rest&... rest) {
  bool reads = false;
  [[maybe_unused]] const auto look = [&](const auto& operand) {
    reads = reads || share_elements(first.target.elements, operand);
  };
  (for_each_operand(rest.node, look), ...);
  return reads || reads_earlier_target(rest...);
}

template <class Device, class First, class... Rest>
void run_together(Evaluation<Device>& evaluation, const First& first, const Rest&... rest) {
  using S = typename decltype(First::target)::scalar;
  using Target = typename PassOf<First>::shape;
  constexpr bool batched = PassOf<First>::batched;
  const std::size_t samples = PassOf<First>::samples(first);
  require_samples(first.value, samples);
  (require_samples(rest.value, samples), ...);
  require_all_safe(first, rest...);
  const auto maps = as_nodes(of_kind<false>(first, rest...));
  const auto sums = as_nodes(of_kind<true>(first, rest...));
  if constexpr (!is_sum<First> && !(is_sum<Rest> || ...)) {
    using In = SpaceOf<Target, batched, decltype(First::target), decltype(First::value), decltype(Rest::target)...,
                       decltype(Rest::value)...>;
    run_maps<In, S>(evaluation.workspace, samples, MapPass<In, First, Rest...>{Nodes<First, Rest...>(first, rest...)},
                    first.value, rest.value...);
  } else {
    using In = Space<Target, true, Target::rank, false>;
    with_remembering<In, false>(
        FusedPass<In, std::remove_const_t<decltype(maps)>, std::remove_const_t<decltype(sums)>>{maps, sums},
        [&](const auto& pass) {
          kernels::Parallel<Device>::template reduce_columns<S>(
              evaluation.workspace, samples, std::integral_constant<std::size_t, Target::size>{}, pass);
        },
        first.value, rest.value...);
  }
}

/// Whether all that an entry reads and stores of each element are runs or single elements over a whole sample, which a
/// sum over samples needs.
template <class E>
inline constexpr bool is_even =
    decltype(E::value)::template merged_axes<typename PassOf<E>::shape> == PassOf<E>::shape::rank &&
    (is_sum<E> || decltype(E::target)::template merged_axes<typename PassOf<E>::shape> == PassOf<E>::shape::rank);

/// Whether resolved entries take one pass.
template <class... E>
inline constexpr bool take_one_pass = one_pass<E...> && (!(is_sum<E> || ...) || (is_even<E> && ...));

/// An entry whose target, where it is empty, is scratch memory.
template <class Device, class E>
E with_target(Evaluation<Device>& evaluation, E entry, std::size_t samples) {
  using Elements = typename E::elements;
  if (!entry.target.elements.data) {
    auto* const scratch = evaluation.frame.template take<typename Elements::scalar>(Elements::shape::size *
                                                                                    (Elements::batched ? samples : 1));
    using Target = std::remove_cvref_t<decltype(entry.target)>;
    return {Target{Elements(scratch, samples)}, entry.node};
  }
  return entry;
}

/// Every right side is taken before anything is stored.
template <class Device, class... E>
void assign_together(const E&... entries) {
  auto& workspace = current_workspace<Device>();
  auto frame = workspace.frame();
  Evaluation<Device> evaluation{workspace, frame};
  constexpr bool is_one = take_one_pass<decltype(resolved(evaluation, entries))...>;
  require_apart(entries...);
  const bool all_have_targets = (entries.target.elements.data && ...);
  if constexpr (is_one)
    if (all_have_targets) return run_together(evaluation, resolved(evaluation, entries)...);
  if (!reads_earlier_target(entries...)) {  // then one after the other is the same
    (assign_one(entries.target, entries.node), ...);
  } else if constexpr (is_one) {
    const std::size_t samples = (std::max)({entries.node.samples()...});
    run_together(evaluation, resolved(evaluation, with_target(evaluation, entries, samples))...);
  } else {
    throw ArgumentError(
        "odot::assign: a right side reads what an earlier one of the assignments writes, and they do not take one "
        "pass; "
        "write eval(…) around that right side");
  }
}

}  // namespace expressions::detail

/// Several assignments at once: every right side is taken before anything is stored. Those of one shape, and sums over
/// the samples of such, take one pass. An empty target is left out. Throws ArgumentError if two targets share elements,
/// and where a right side reads an earlier target although they do not take one pass.
///     assign(dx, dy * s, added_to(db), batch_sum(dy * x));
template <class A, class B, class C, class D, class... Rest>
  requires(sizeof...(Rest) % 2 == 0)
void assign(A&& first, const B& value, C&& second, const D& second_value, Rest&&... rest) {
  namespace parts = expressions::detail;
  const auto entries = parts::entries_of(first, value, second, second_value, rest...);
  std::apply(
      [](const auto&... entry) {
        using Device = typename std::tuple_element_t<
            0, std::tuple<typename std::remove_cvref_t<decltype(entry)>::elements...>>::device;
        if constexpr ((parts::can_become<typename std::remove_cvref_t<decltype(entry)>::elements,
                                         typename std::remove_cvref_t<decltype(entry)>::node_type>() &&
                       ...))
          parts::assign_together<Device>(entry...);
      },
      entries);
}

}  // namespace odot
