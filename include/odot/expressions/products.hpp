#pragma once
// SPDX-License-Identifier: MIT
// Products of matrices, and where the largest element is.

#include <cstddef>
#include <cstdint>
#include <utility>

#include "odot/expressions/operands.hpp"

namespace odot {

namespace expressions::detail {
/// Whether shapes are those of a product's operands; else an error.
template <ShapeType A, ShapeType B>
constexpr bool are_matrices() {
  static_assert(A::rank == 2 && B::rank == 2, "odot::matmul: both operands must have two axes; as<Shape<…>>(…)");
  if constexpr (A::rank == 2 && B::rank == 2) {
    static_assert(A::extents[1] == B::extents[0],
                  "odot::matmul: the first operand must have as many columns as the second has rows");
    return A::extents[1] == B::extents[0];
  } else {
    return false;
  }
}
}  // namespace expressions::detail

/// The product of two matrices A [M, K] and B [K, N]; of batches, sample by sample, where one of them may be a tensor.
/// transpose(…) of either costs nothing.
template <expressions::Operand A, expressions::Operand B>
auto matmul(A&& a, B&& b) {
  using NodeA = expressions::NodeOf<A>;
  using NodeB = expressions::NodeOf<B>;
  using ShapeA = typename NodeA::shape;
  using ShapeB = typename NodeB::shape;
  if constexpr (!expressions::detail::operands_fit<NodeA, NodeB>()) {
    return expressions::RefusedOf<NodeA, NodeB>();
  } else if constexpr (!expressions::detail::are_matrices<ShapeA, ShapeB>()) {
    return expressions::RefusedOf<NodeA, NodeB>();
  } else {
    using Result = Shape<ShapeA::extents[0], ShapeB::extents[1]>;
    return expressions::Product<Result, NodeA, NodeB>(expressions::node_of(std::forward<A>(a)),
                                                      expressions::node_of(std::forward<B>(b)));
  }
}

/// Where the largest element along an axis is: std::int32_t, the first of equal ones, of NaN the first. The axis stays with
/// extent 1; it is counted without the batch.
template <std::size_t Axis, expressions::Operand A>
auto argmax(A&& a) {
  using Node = expressions::NodeOf<A>;
  constexpr bool is_axis = expressions::is_refused<Node> || Axis < Node::shape::rank;
  static_assert(is_axis, "odot::argmax: the axis must be less than the rank; the batch is not counted");
  if constexpr (expressions::is_refused<Node> || !is_axis)
    return expressions::Refused<std::int32_t, typename Node::device, Node::batched>();
  else return expressions::LargestAt<Node, Axis>(expressions::node_of(std::forward<A>(a)));
}

}  // namespace odot
