#pragma once
// SPDX-License-Identifier: MIT
// Assignment of expressions to tensors, batches and views.

#include <algorithm>
#include <cstddef>
#include <string>
#include <type_traits>
#include <utility>

#include "odot/expressions/evaluate.hpp"
#include "odot/expressions/evaluate_products.hpp"
#include "odot/expressions/evaluate_reductions.hpp"
#include "odot/expressions/operands.hpp"
#include "odot/expressions/overlap.hpp"
#include "odot/expressions/rows.hpp"
#include "odot/expressions/targets.hpp"

namespace odot {

namespace expressions {

namespace detail {

/// Whether a node is a product of matrices that goes straight into the target.
template <class F, class Target, class Node>
inline constexpr bool is_direct_product = false;
template <class F, class Target, class Shape_, class A, class B>
  requires(!F::reads && Target::batched == Product<Shape_, A, B>::batched && by_rows<Target> &&
           std::is_same_v<typename Target::shape, Shape_>)
inline constexpr bool is_direct_product<F, Target, Product<Shape_, A, B>> = true;

/// to = a b, in scratch memory first where an operand shares elements with the target.
template <class Device, class Shape_, class A, class B, class Elements>
void multiply_to(Evaluation<Device>& evaluation, const Product<Shape_, A, B>& product, const Elements& to) {
  const std::size_t samples = product.samples();
  const auto a = operand_of(evaluation, product.a, samples);
  const auto b = operand_of(evaluation, product.b, samples);
  if (!share_elements(to, a) && !share_elements(to, b)) return multiply(evaluation, a, b, to);
  const auto value = evaluation.template scratch<Shape_, Elements::batched, typename Elements::scalar>(samples);
  multiply(evaluation, a, b, value);
  using Value = std::remove_const_t<decltype(value)>;
  using Pair = Assignment<Elements, Value>;
  using In = SpaceOf<Shape_, Elements::batched, Elements, Value>;
  run_maps<In, typename Elements::scalar>(evaluation.workspace, samples,
                                          MapPass<In, Pair>{Nodes<Pair>(Pair{to, value})}, value);
}

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

/// What a pass over rows keeps (KeptOf), in the target where nothing reads that, else in scratch memory.
template <class Space, class F, class Node, class Device, class Elements, class Value>
auto kept_for(Evaluation<Device>& evaluation, const Node& node, const Elements& to, const Value& value) {
  using S = typename Elements::scalar;
  constexpr bool in_registers = Space::columns <= 4 * kernels::Parallel<Device>::template lanes<S>;
  S* memory = nullptr;
  if constexpr (!in_registers) {
    bool is_free = is_dense<Elements> && !F::reads;
    for_each_source(value, [&](const auto& leaf) { is_free = is_free && !share_elements(to, leaf); });
    memory = is_free ? to.data
                     : evaluation.template scratch<typename Elements::shape, Elements::batched, S>(to.samples()).data;
  }
  return Keeps<Node, S, in_registers>{node, memory};
}

/// target = value, row by row. False where operands lie so that this can't be: nothing is stored then.
template <class F, std::size_t Axes, class Device, class Elements, class Node>
bool assign_rows(Evaluation<Device>& evaluation, const Elements& to, const Node& node) {
  using Shape_ = typename Elements::shape;
  using S = typename Elements::scalar;
  const auto resolved = [&] {
    return entering<F>(to, resolve_rows<Shape_, Elements::batched, Axes>(evaluation, node));
  };
  using Value = decltype(resolved());
  if constexpr ((std::min)(Value::template merged_axes<Shape_>, Elements::template merged_axes<Shape_>) < Axes) {
    return false;
  } else {
    using In = Space<Shape_, Elements::batched, Axes, false>;
    constexpr bool remembers = remembers_on<Device>;
    using OfRow = typename ChosenFrom<In, true, true, typename CostlyNodes<Value, true>::type>::type;
    using Kept = std::conditional_t<remembers, typename KeptOf<In, Value, OfRow>::type, NoNode>;
    using OfRun = std::conditional_t<
        remembers,
        typename Without<typename ChosenFrom<In, true, false, typename CostlyNodes<Value, false>::type>::type,
                         Kept>::type,
        List<>>;
    using KeptNodes = std::conditional_t<std::is_same_v<Kept, NoNode>, List<>, List<Kept>>;
    const Value value = resolved();
    require_samples(value, to.samples());
    bool is_apart = true;
    for_each_source(value, [&](const auto& leaf) { is_apart = is_apart && is_safe(to, leaf); });
    auto found = found_of(OfRow(), OfRun(), KeptNodes());
    found.look(value);
    if (!is_apart || !found.all_same) return false;
    const auto run = [&](const auto& kept) {
      using Pair = Assignment<Elements, Value>;
      using Pass = MapPass<In, Pair>;
      kernels::Parallel<Device>::template each_row<S>(
          evaluation.workspace, (In::batched ? to.samples() : 1) * In::outer,
          std::integral_constant<std::size_t, In::columns>{},
          RowPass<In, Pass, typename NodesOf<OfRow>::type, typename NodesOf<OfRun>::type,
                  std::remove_cvref_t<decltype(kept)>>{Pass{Nodes<Pair>(Pair{to, value})}, found.copies(OfRow()),
                                                       found.copies(OfRun()), kept});
    };
    if constexpr (std::is_same_v<Kept, NoNode>) run(KeepsNothing());
    else run(kept_for<In, F>(evaluation, found.template first<Kept>(), to, value));
    return true;
  }
}

template <class F, class Elements, class Node>
void assign_fitting(const Target<F, Elements>& target, const Node& node) {
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
  } else if constexpr (is_largest_at<Node> && is_dense<Elements> && Elements::batched == Node::batched && !F::reads &&
                       std::is_same_v<typename Elements::shape, typename Node::shape>) {
    largest_into(evaluation, node, to.data);
  } else if constexpr (is_direct_product<F, Elements, Node>) {
    multiply_to(evaluation, node, to);
  } else {
    if constexpr (constexpr std::size_t axes = row_axes_of<typename Elements::shape, Elements::batched, Node>; axes > 0)
      if (assign_rows<F, axes>(evaluation, to, node)) return;
    const auto value = entering<F>(to, resolve(evaluation, node));
    require_samples(value, to.samples());
    require_safe(to, value);
    using Pair = Assignment<Elements, std::remove_const_t<decltype(value)>>;
    using In = SpaceOf<typename Elements::shape, Elements::batched, Elements, std::remove_const_t<decltype(value)>>;
    run_maps<In, S>(workspace, to.samples(), MapPass<In, Pair>{Nodes<Pair>(Pair{to, value})}, value);
  }
}

template <class F, class Elements, class Node>
void assign_one(const Target<F, Elements>& target, const Node& node) {
  if constexpr (can_become<Elements, Node>()) assign_fitting(target, node);
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
