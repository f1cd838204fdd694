#pragma once
// SPDX-License-Identifier: MIT
// Tensors, batches and views on the Cpu as Eigen's maps, for your own Eigen code.

#include <cstddef>
#include <type_traits>

#include "odot/expressions/operands.hpp"
#include "odot/kernels/eigen.hpp"

namespace odot {

/// The elements as an Eigen::Map, to be read and, where they are not constant, written; nothing is copied.
/// Shapes  [F] → a column of F numbers;  [..., C] → a row-major matrix of C columns;  a batch → one row per sample
/// Extents are Eigen::Dynamic, so that Eigen puts no temporary on the stack. Temporary tensors and batches are refused.
template <ShapeType S, class T>
auto eigen(const TensorView<S, T>& view) {
  if constexpr (S::rank < 2) {
    using V = Eigen::Matrix<std::remove_const_t<T>, Eigen::Dynamic, 1>;
    using Map = Eigen::Map<std::conditional_t<std::is_const_v<T>, const V, V>>;
    return Map(view.data(), static_cast<Eigen::Index>(S::size));
  } else {
    constexpr std::size_t columns = S::extents[S::rank - 1];
    return kernels::matrix(view.data(), S::size / columns, columns);
  }
}
template <ShapeType S, class T>
auto eigen(const BatchView<S, T>& view) {
  return kernels::matrix(view.data(), view.samples(), S::size);
}
template <class Owner>
  requires expressions::detail::is_owner<std::remove_const_t<Owner>>
auto eigen(Owner& owner) {
  return eigen(owner.view());
}
template <class Owner>
  requires(expressions::detail::is_owner<Owner>)
auto eigen(Owner&& owner) {
  static_assert(!expressions::detail::is_owner<Owner>,
                "odot::eigen: the map would outlive this temporary tensor or batch; give it a name");
  return eigen(owner.view());
}

}  // namespace odot
