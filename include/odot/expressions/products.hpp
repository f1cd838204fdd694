#pragma once
// SPDX-License-Identifier: MIT
// Products of matrices, and where the largest element is.

#include <cstddef>
#include <utility>

#include "odot/expressions/operands.hpp"

namespace odot {

/// The product of two matrices A [M, K] and B [K, N]; of batches, sample by sample, where one of them may be a tensor.
/// transpose(…) of either costs nothing.
template <expressions::Operand A, expressions::Operand B>
auto matmul(A&& a, B&& b) {
  using NodeA = expressions::NodeOf<A>;
  using NodeB = expressions::NodeOf<B>;
  using ShapeA = typename NodeA::shape;
  using ShapeB = typename NodeB::shape;
  static_assert(ShapeA::rank == 2 && ShapeB::rank == 2,
                "odot::matmul: both operands must have two axes; as<Shape<…>>(…)");
  expressions::detail::check_operands<NodeA, NodeB>();
  if constexpr (ShapeA::rank == 2 && ShapeB::rank == 2) {
    static_assert(ShapeA::extents[1] == ShapeB::extents[0],
                  "odot::matmul: the first operand must have as many columns as the second has rows");
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
  static_assert(Axis < Node::shape::rank,
                "odot::argmax: the axis must be less than the rank; the batch is not counted");
  return expressions::LargestAt<Node, Axis>(expressions::node_of(std::forward<A>(a)));
}

}  // namespace odot
