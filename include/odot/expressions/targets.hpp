#pragma once
// SPDX-License-Identifier: MIT
// What expressions are assigned to: elements in memory; which expressions they can become, and which go straight into them.

#include <type_traits>

#include "odot/expressions/arrange.hpp"
#include "odot/expressions/errors.hpp"
#include "odot/expressions/nodes.hpp"
#include "odot/expressions/passes.hpp"
#include "odot/expressions/refused.hpp"

namespace odot::expressions {

/// What is written: elements in memory, and how a value enters them.
template <class F_, class Elements>
struct Target {
  using F = F_;
  Elements elements;
};

/// A tensor or a view in a list of assignments that values are added to.
template <class View>
struct Added {
  View view;
};

template <ShapeType S, class T, class Device>
auto target_of(const TensorView<S, T, Device>& view) {
  return Target<Replace, Dense<S, false, T, Device>>{{view.data(), 1}};
}
template <ShapeType S, class T, class Device>
auto target_of(const BatchView<S, T, Device>& view) {
  return Target<Replace, Dense<S, true, T, Device>>{{view.data(), view.samples()}};
}
template <ShapeType S, class Steps, std::size_t B, class T, class Device>
auto target_of(const Source<S, Steps, B, T, Device>& elements) {
  return Target<Replace, Source<S, Steps, B, T, Device>>{elements};
}
template <class Owner>
  requires detail::is_owner<Owner>
auto target_of(Owner& owner) {
  return target_of(owner.view());
}
template <class View>
auto target_of(const Added<View>& added) {
  const auto target = target_of(added.view);
  return Target<AddTo, decltype(target.elements)>{target.elements};
}

namespace detail {

template <class Elements, class Node>
constexpr bool is_large_enough() {
  using To = typename Elements::shape;
  using From = typename Node::shape;
  if constexpr (broadcast_together<To, From>()) {
    constexpr bool is_enough = std::is_same_v<typename Broadcast<To, From>::type, To>;
    static_assert(is_enough, "odot: the expression's shape is larger than the target's");
    return is_enough;
  } else {
    return false;
  }
}

/// Whether a node can be assigned to elements; else an error. False of what has been refused before.
template <class Elements, class Node>
constexpr bool can_become() {
  if constexpr (is_refused<Node>) {
    return false;
  } else {
    constexpr bool is_writable = !std::is_const_v<std::remove_pointer_t<decltype(Elements::data)>>,
                   one_device = std::is_same_v<typename Elements::device, typename Node::device>,
                   one_scalar = std::is_same_v<typename Elements::scalar, typename Node::scalar>,
                   has_samples = Elements::batched || !Node::batched;
    static_assert(is_writable, "odot: a view of constant elements can't be assigned to");
    static_assert(!is_writable || one_device, "odot: target and expression are on two devices; to<Device>() copies");
    static_assert(
        !is_writable || !one_device || one_scalar,
        "odot: target and expression have two scalars, float and double for instance; cast<Scalar>() converts");
    static_assert(!is_writable || !one_device || !one_scalar || has_samples,
                  "odot: a batch can't be assigned to one tensor; batch_sum and batch_mean reduce it");
    if constexpr (is_writable && one_device && one_scalar && has_samples) return is_large_enough<Elements, Node>();
    else return false;
  }
}

template <class Elements, class Node>
void require_as_many(const Elements& target, const Node& node) {
  if constexpr (Node::batched)
    if (node.samples() != target.samples())
      throw_other_target(node.samples(), target.samples(), &Elements::shape::to_string);
}

template <class Node>
inline constexpr bool is_reduction = false;
template <class R, class Node, std::size_t First, std::size_t Last>
inline constexpr bool is_reduction<Reduced<R, Node, First, Last>> = true;
template <class R, class Node>
inline constexpr bool is_reduction<BatchReduced<R, Node>> = true;

template <class Node>
inline constexpr bool is_largest_at = false;
template <class Node, std::size_t Axis>
inline constexpr bool is_largest_at<LargestAt<Node, Axis>> = true;

/// Whether a node is a reduction whose result needs no broadcasting: it goes straight into the target.
template <class Target, class Node>
inline constexpr bool is_direct = is_reduction<Node> && (Target::batched == Node::batched) &&
                                  std::is_same_v<typename Target::shape, typename Node::shape> &&
                                  std::is_same_v<typename Target::steps, ContiguousStrides<typename Target::shape>>;

}  // namespace detail

}  // namespace odot::expressions
