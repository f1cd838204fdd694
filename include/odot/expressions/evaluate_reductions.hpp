#pragma once
// SPDX-License-Identifier: MIT
// How a reduction becomes elements in memory: over the last axes of a node, over axes in the middle, over its samples.

#include <cstddef>
#include <type_traits>

#include "odot/expressions/evaluate.hpp"
#include "odot/expressions/passes.hpp"
#include "odot/expressions/repeats.hpp"
#include "odot/kernels/parallel/contract.hpp"

namespace odot::expressions {

/// target = F(target, node reduced) of an element-wise node.
template <class F, class R, std::size_t First, std::size_t Last, class Device, class Node, class T>
void reduce_axes(Evaluation<Device>& evaluation, const Node& node, std::size_t samples, T* target) {
  using S = typename Node::scalar;
  using Target = typename Node::shape;
  constexpr std::size_t reduced_axes = Last - First + 1, after = Target::rank - 1 - Last;
  constexpr std::size_t needed = after == 0 ? reduced_axes : after;
  if constexpr (Node::template merged_axes<Target> < needed) {
    reduce_axes<F, R, First, Last>(evaluation, materialise(evaluation, node, samples), samples, target);
  } else {
    using In = Space<Target, Node::batched, needed, false>;
    using Fixed = std::integral_constant<std::size_t, In::columns>;
    const std::size_t batch = Node::batched ? samples : 1;
    using Finish = StoreTotal<F, S>;
    constexpr std::size_t length = [] {
      std::size_t product = 1;
      for (std::size_t axis = First; axis <= Last; ++axis) product *= Target::extents[axis];
      return product;
    }();
    if constexpr (after == 0) {
      with_remembering<In, false>(
          ReductionPass<In, Node, Finish>{node, {target}},
          [&](const auto& pass) {
            kernels::Parallel<Device>::template reduce_rows<S, R>(evaluation.workspace, batch * In::outer, Fixed{},
                                                                  pass);
          },
          node);
    } else if constexpr (!Node::batched && In::outer == length) {
      with_remembering<In, false>(
          ReductionPass<In, Node, Finish>{node, {target}},
          [&](const auto& pass) {
            kernels::Parallel<Device>::template reduce_columns<S, R>(evaluation.workspace, length, Fixed{}, pass);
          },
          node);
    } else {
      kernels::Parallel<Device>::template map<S>(evaluation.workspace, batch * In::outer / length, Fixed{},
                                                 MiddlePass<F, R, In, length, Node, S>{node, target});
    }
  }
}

/// target = F(target, node reduced over its samples).
template <class F, class R, class Device, class Node, class T>
void reduce_batch(Evaluation<Device>& evaluation, const Node& node, std::size_t samples, T* target) {
  using S = typename Node::scalar;
  using Target = typename Node::shape;
  if constexpr (Node::template merged_axes<Target> < Target::rank) {
    reduce_batch<F, R>(evaluation, materialise(evaluation, node, samples), samples, target);
  } else {
    using In = Space<Target, true, Target::rank, false>;
    using Finish = StoreTotal<F, S>;
    with_remembering<In, false>(
        ReductionPass<In, Node, Finish>{node, {target}},
        [&](const auto& pass) {
          kernels::Parallel<Device>::template reduce_columns<S, R>(
              evaluation.workspace, samples, std::integral_constant<std::size_t, Target::size>{}, pass);
        },
        node);
  }
}

template <class Device, class R, class Node, std::size_t First, std::size_t Last>
auto resolve(Evaluation<Device>& evaluation, const Reduced<R, Node, First, Last>& reduced) {
  const std::size_t samples = reduced.samples();
  const auto node = resolve(evaluation, reduced.node);
  require_samples(node, samples);
  using Result = Reduced<R, Node, First, Last>;
  auto target = evaluation.template scratch<typename Result::shape, Result::batched, typename Result::scalar>(samples);
  reduce_axes<Replace, R, First, Last>(evaluation, node, samples, target.data);
  return target;
}
template <class Device, class R, class Node>
auto resolve(Evaluation<Device>& evaluation, const BatchReduced<R, Node>& reduced) {
  const std::size_t samples = reduced.node.samples();
  const auto node = resolve(evaluation, reduced.node);
  require_samples(node, samples);
  using Result = BatchReduced<R, Node>;
  auto target = evaluation.template scratch<typename Result::shape, false, typename Result::scalar>(1);
  reduce_batch<Replace, R>(evaluation, node, samples, target.data);
  return target;
}

}  // namespace odot::expressions
