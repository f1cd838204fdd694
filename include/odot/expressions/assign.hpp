#pragma once
// SPDX-License-Identifier: MIT
// Assignment of expressions to tensors, batches and views.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>

#include "odot/expressions/evaluate.hpp"
#include "odot/expressions/evaluate_products.hpp"
#include "odot/expressions/operands.hpp"

namespace odot {

namespace expressions {

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
  static_assert(!std::is_const_v<T>, "odot: a view of constant elements can't be assigned to");
  return Target<Replace, Dense<S, false, T, Device>>{{view.data(), 1}};
}
template <ShapeType S, class T, class Device>
auto target_of(const BatchView<S, T, Device>& view) {
  static_assert(!std::is_const_v<T>, "odot: a view of constant elements can't be assigned to");
  return Target<Replace, Dense<S, true, T, Device>>{{view.data(), view.samples()}};
}
template <ShapeType S, class Steps, std::size_t B, class T, class Device>
auto target_of(const Source<S, Steps, B, T, Device>& elements) {
  static_assert(!std::is_const_v<T>, "odot: a view of constant elements can't be assigned to");
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

/// One past the last byte that a leaf reads or writes.
template <class Leaf>
std::uintptr_t end_of(const Leaf& leaf) {
  std::size_t last = 0;
  for (std::size_t axis = 0; axis < Leaf::shape::rank; ++axis)
    last += (Leaf::shape::extents[axis] - 1) * Leaf::steps::values[axis];
  if (Leaf::batched) last += (leaf.samples() - 1) * Leaf::batch_stride;
  return reinterpret_cast<std::uintptr_t>(leaf.data + last) + sizeof(typename Leaf::scalar);
}

/// Whether a leaf gives each element of the target from that element's own memory, or from memory that the target lacks.
template <class Elements, class Leaf>
bool is_safe(const Elements& target, const Leaf& leaf) {
  if (target.count == 0 || (Leaf::batched && leaf.count == 0)) return true;
  const auto start = reinterpret_cast<std::uintptr_t>(target.data), from = reinterpret_cast<std::uintptr_t>(leaf.data);
  if (end_of(leaf) <= start || end_of(target) <= from) return true;
  using Shape_ = typename Elements::shape;
  if constexpr (Leaf::shape::rank > Shape_::rank) return false;
  else
    return from == start && std::is_same_v<typename Leaf::scalar, typename Elements::scalar> &&
           Leaf::batch_stride == Elements::batch_stride &&
           std::ranges::equal(Alignment<typename Leaf::shape, typename Leaf::steps, Shape_>::strides,
                              Alignment<Shape_, typename Elements::steps, Shape_>::strides);
}

/// Throws ArgumentError where a node would read what has been overwritten.
template <class Elements, class Node>
void require_safe(const Elements& target, const Node& node) {
  for_each_source(node, [&](const auto& leaf) {
    if (!is_safe(target, leaf))
      throw ArgumentError("odot: an assignment to " + Elements::shape::to_string() +
                          " would read elements that it has overwritten: target and operand share memory, but not "
                          "element by element; write eval(…) around the right side");
  });
}

template <class Elements, class Node>
constexpr void check_types() {
  static_assert(std::is_same_v<typename Elements::device, typename Node::device>,
                "odot: target and expression are on two devices; to<Device>() copies");
  static_assert(std::is_same_v<typename Elements::scalar, typename Node::scalar>,
                "odot: target and expression have two scalars, float and double for instance; cast<Scalar>() converts");
  static_assert(Elements::batched || !Node::batched,
                "odot: a batch can't be assigned to one tensor; batch_sum and batch_mean reduce it");
  using Both = typename Broadcast<typename Elements::shape, typename Node::shape>::type;
  static_assert(!Broadcast<typename Elements::shape, typename Node::shape>::fits ||
                    std::is_same_v<Both, typename Elements::shape>,
                "odot: the expression's shape is larger than the target's");
}

template <class Elements, class Node>
void require_as_many(const Elements& target, const Node& node) {
  if constexpr (Node::batched)
    if (node.samples() != target.samples())
      throw ArgumentError("odot: an expression of " + std::to_string(node.samples()) +
                          " samples can't be assigned to a batch of " + std::to_string(target.samples()) + " × " +
                          Elements::shape::to_string());
}

template <class Node>
inline constexpr bool is_reduction = false;
template <class R, class Node, std::size_t First, std::size_t Last>
inline constexpr bool is_reduction<Reduced<R, Node, First, Last>> = true;
template <class R, class Node>
inline constexpr bool is_reduction<BatchReduced<R, Node>> = true;

template <class Node>
inline constexpr bool is_product = false;
template <class Shape_, class A, class B>
inline constexpr bool is_product<Product<Shape_, A, B>> = true;
template <class Node>
inline constexpr bool is_largest_at = false;
template <class Node, std::size_t Axis>
inline constexpr bool is_largest_at<LargestAt<Node, Axis>> = true;

/// Whether a node is a reduction whose result needs no broadcasting: it goes straight into the target.
template <class Target, class Node>
inline constexpr bool is_direct = is_reduction<Node> && (Target::batched == Node::batched) &&
                                  std::is_same_v<typename Target::shape, typename Node::shape> &&
                                  std::is_same_v<typename Target::steps, ContiguousStrides<typename Target::shape>>;

template <class F, class Elements, class Device, class R, class Node, std::size_t First, std::size_t Last>
void reduce_into(Evaluation<Device>& evaluation, const Elements& to, const Reduced<R, Node, First, Last>& reduced) {
  const auto node = resolve(evaluation, reduced.node);
  require_samples(node, reduced.samples());
  require_safe(to, node);
  reduce_axes<F, R, First, Last>(evaluation, node, reduced.samples(), to.data);
}
template <class F, class Elements, class Device, class R, class Node>
void reduce_into(Evaluation<Device>& evaluation, const Elements& to, const BatchReduced<R, Node>& reduced) {
  const std::size_t samples = reduced.node.samples();
  const auto node = resolve(evaluation, reduced.node);
  require_samples(node, samples);
  require_safe(to, node);
  reduce_batch<F, R>(evaluation, node, samples, to.data);
}

/// The value that enters a target: itself, or the target's elements and it.
template <class F, class Elements, class Node>
auto entering(const Elements& elements, const Node& node) {
  if constexpr (F::reads) return map_of<Plus>(elements, node);
  else return node;
}

template <class F, class Elements, class Node>
void assign_one(const Target<F, Elements>& target, const Node& node) {
  check_types<Elements, Node>();
  const Elements& to = target.elements;
  if (!to.data) return;
  require_as_many(to, node);
  using Device = typename Elements::device;
  using S = typename Elements::scalar;
  auto& workspace = current_workspace<Device>();
  auto frame = workspace.frame();
  Evaluation<Device> evaluation{workspace, frame};
  if constexpr (is_direct<Elements, Node>) {
    reduce_into<F>(evaluation, to, node);
  } else if constexpr (is_largest_at<Node>) {
    static_assert(is_dense<Elements> && std::is_same_v<typename Elements::shape, typename Node::shape> && !F::reads,
                  "odot: argmax is assigned to a tensor or batch of its own shape");
    largest_into(evaluation, node, to.data);
  } else {
    const auto value = entering<F>(to, resolve(evaluation, node));
    require_samples(value, to.samples());
    require_safe(to, value);
    using Pair = Assignment<Elements, std::remove_const_t<decltype(value)>>;
    using In = SpaceOf<typename Elements::shape, Elements::batched, Elements, std::remove_const_t<decltype(value)>>;
    run_map<In, S>(workspace, to.samples(), MapPass<In, Pair>{Nodes<Pair>(Pair{to, value})});
  }
}

}  // namespace detail

}  // namespace expressions

/// In a list of assignments: the value is added to `view`, which is not replaced by it.
template <class View>
auto added_to(View&& view) {
  if constexpr (expressions::detail::is_owner<std::remove_cvref_t<View>>)
    return expressions::Added<decltype(view.view())>{view.view()};
  else return expressions::Added<std::remove_cvref_t<View>>{view};
}

/// target = value: what the operators of views, tensors and batches do.
template <class Target_, class Value>
void assign(Target_&& target, const Value& value) {
  const auto to = expressions::target_of(target);
  using Elements = std::remove_cvref_t<decltype(to.elements)>;
  if constexpr (std::is_arithmetic_v<Value>)
    expressions::detail::assign_one(to, expressions::Constant<typename Elements::scalar, typename Elements::device>(
                                            static_cast<typename Elements::scalar>(value)));
  else expressions::with_node(value, [&](const auto& node) { expressions::detail::assign_one(to, node); });
}

}  // namespace odot
