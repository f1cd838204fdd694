#pragma once
// SPDX-License-Identifier: MIT
// How products of matrices, and the places of largest elements, are evaluated.

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include "odot/expressions/evaluate.hpp"
#include "odot/kernels/matmul/contract.hpp"

namespace odot::expressions {

// ---- Products of matrices

/// How a matrix lies: by rows, or by columns.
template <class Memory>
inline constexpr bool by_rows = Memory::steps::values[1] == 1 || Memory::shape::extents[1] == 1;
template <class Memory>
inline constexpr bool by_columns =
    !by_rows<Memory> && (Memory::steps::values[0] == 1 || Memory::shape::extents[0] == 1);

/// A node as a matrix in memory that a product can read.
template <class Device, class Node>
auto matrix_of(Evaluation<Device>& evaluation, const Node& node, std::size_t samples) {
  if constexpr (is_source<Node>) {
    if constexpr (by_rows<Node> || by_columns<Node>) return node;
    else return materialise(evaluation, node, samples);
  } else {
    return materialise(evaluation, node, samples);
  }
}

/// c = a b, for every sample.
template <class Device, class A, class B, class C>
void multiply(Evaluation<Device>& evaluation, const A& a, const B& b, const C& c) {
  using S = typename A::scalar;
  constexpr bool turn_a = by_columns<A>, turn_b = by_columns<B>;
  constexpr std::size_t M = A::shape::extents[0], K = A::shape::extents[1], N = B::shape::extents[1];
  constexpr std::size_t step_a = A::steps::values[turn_a ? 1 : 0], step_b = B::steps::values[turn_b ? 1 : 0];
  const auto product = [&](std::size_t rows, std::size_t sample) {
    kernels::Matmul<Device>::template multiply<turn_a, turn_b, S>(
        evaluation.workspace, {rows, N, K}, {a.data + sample * A::batch_stride, step_a},
        {b.data + sample * B::batch_stride, step_b}, {c.data + sample * C::batch_stride, C::steps::values[0]});
  };
  constexpr bool one_product = C::batched && !B::batched && !turn_a && A::batch_stride == M * step_a &&
                               C::batch_stride == M * C::steps::values[0];
  if constexpr (!C::batched) product(M, 0);
  else if constexpr (one_product) product(M * c.samples(), 0);
  else
    for (std::size_t sample = 0; sample < c.samples(); ++sample) product(M, sample);
}

/// An operand of a product, evaluated.
template <class Device, class Node>
auto operand_of(Evaluation<Device>& evaluation, const Node& operand, std::size_t samples) {
  const auto node = resolve(evaluation, operand);
  require_samples(node, samples);
  return matrix_of(evaluation, node, samples);
}

/// The product a b, in memory. A product that occurs several times in an expression is computed once if its operands
/// are in memory, as tensors and their transposes are.
template <class Result, class Device, class A, class B>
auto product_of(Evaluation<Device>& evaluation, const A& a, const B& b, std::size_t samples) {
  using S = typename Result::scalar;
  using To = decltype(evaluation.template scratch<typename Result::shape, Result::batched, S>(samples));
  const KnownProduct wanted{.a = a.data,
                            .b = b.data,
                            .layout = {samples, A::batch_stride, B::batch_stride, A::steps::values[0],
                                       A::steps::values[1], B::steps::values[0], B::steps::values[1],
                                       A::shape::extents[0], A::shape::extents[1], B::shape::extents[1], sizeof(S)}};
  const auto known = std::span(evaluation.products).first(evaluation.known_products);
  for (const KnownProduct& one : known)
    if (one.a == wanted.a && one.b == wanted.b && one.layout == wanted.layout)
      return To(static_cast<S*>(one.result), samples);
  const To to = evaluation.template scratch<typename Result::shape, Result::batched, S>(samples);
  multiply(evaluation, a, b, to);
  if (known.size() < evaluation.products.size()) {
    KnownProduct& made = evaluation.products[evaluation.known_products++];
    made = wanted;
    made.result = to.data;
  }
  return to;
}

template <class Device, class Shape_, class A, class B>
auto resolve(Evaluation<Device>& evaluation, const Product<Shape_, A, B>& product) {
  const std::size_t samples = product.samples();
  const auto a = operand_of(evaluation, product.a, samples);
  const auto b = operand_of(evaluation, product.b, samples);
  return product_of<Product<Shape_, A, B>>(evaluation, a, b, samples);
}

// ---- Where the largest element is

/// Output (outer, inner) of elements [outer, Length, Inner].
template <std::size_t Length, std::size_t Inner, class S>
struct LargestAtPass {
  const S* from;
  std::int32_t* to;

  template <class Run>
  ODOT_HOST_DEVICE void operator()(const Run& run) const {
    using Number = typename Run::Number;
    const auto element = [&](std::size_t i) {
      if constexpr (Inner == 1) return run.load_strided(from + run.column * Length + i, Length);
      else return run.load_from(from + (run.row * Length + i) * Inner + run.column);
    };
    Number largest = element(0), at(0);
    for (std::size_t i = 1; i < Length; ++i) {
      const Number value = element(i);
      // NaN counts as larger than all others, and the first one stays.
      const auto wins = (value > largest || value != value) && largest == largest;
      at = select(wins, Number(static_cast<S>(i)), at);
      largest = select(wins, value, largest);
    }
    run.store(to, at);
  }
};

template <class Device, class Node, std::size_t Axis, class T>
void largest_into(Evaluation<Device>& evaluation, const LargestAt<Node, Axis>& node, T* to) {
  using Target = typename Node::shape;
  using S = typename Node::scalar;
  constexpr std::size_t length = Target::extents[Axis];
  static_assert(length <= std::size_t{1} << 24, "odot::argmax: the axis has more elements than a float can count");
  constexpr std::size_t inner = [] {
    std::size_t product = 1;
    for (std::size_t axis = Axis + 1; axis < Target::rank; ++axis) product *= Target::extents[axis];
    return product;
  }();
  const std::size_t samples = node.samples(), batch = Node::batched ? samples : 1;
  const auto resolved = resolve(evaluation, node.node);
  require_samples(resolved, samples);
  const auto dense = dense_of(evaluation, resolved, samples);
  const std::size_t outputs = batch * Target::size / length;
  using Pass = LargestAtPass<length, inner, S>;
  kernels::Parallel<Device>::template map<S>(evaluation.workspace, inner == 1 ? 1 : outputs / inner,
                                             inner == 1 ? outputs : inner, Pass{dense.data, to});
}

template <class Device, class Node, std::size_t Axis>
auto resolve(Evaluation<Device>& evaluation, const LargestAt<Node, Axis>& node) {
  using Result = LargestAt<Node, Axis>;
  const auto to = evaluation.template scratch<typename Result::shape, Result::batched, std::int32_t>(node.samples());
  largest_into(evaluation, node, to.data);
  return to;
}

}  // namespace odot::expressions
