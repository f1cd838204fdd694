#pragma once
// SPDX-License-Identifier: MIT
// Views as Eigen maps. Only CPU kernels include this.

#include <cstddef>
#include <type_traits>

#include "odot/kernels/eigen_core.hpp"

namespace odot::kernels {

/// Row-major [rows, columns] matrix at `data`; constant where the pointer is.
template <class Scalar>
auto matrix(Scalar* data, std::size_t rows, std::size_t columns) {
  using M = Eigen::Matrix<std::remove_const_t<Scalar>, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  using Map = Eigen::Map<std::conditional_t<std::is_const_v<Scalar>, const M, M>>;
  return Map(data, static_cast<Eigen::Index>(rows), static_cast<Eigen::Index>(columns));
}

/// The same with `stride` numbers from one row to the next: some columns of a wider matrix.
template <class Scalar>
auto strided_matrix(Scalar* data, std::size_t rows, std::size_t columns, std::size_t stride) {
  using M = Eigen::Matrix<std::remove_const_t<Scalar>, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  using Map = Eigen::Map<std::conditional_t<std::is_const_v<Scalar>, const M, M>, 0, Eigen::OuterStride<>>;
  return Map(data, static_cast<Eigen::Index>(rows), static_cast<Eigen::Index>(columns),
             Eigen::OuterStride<>(static_cast<Eigen::Index>(stride)));
}

/// Row vector of `size` numbers at `data`.
template <class Scalar>
auto row_vector(Scalar* data, std::size_t size) {
  using V = Eigen::Matrix<std::remove_const_t<Scalar>, 1, Eigen::Dynamic>;
  using Map = Eigen::Map<std::conditional_t<std::is_const_v<Scalar>, const V, V>>;
  return Map(data, static_cast<Eigen::Index>(size));
}

/// `size` numbers at `data` for element-wise arithmetic.
template <class Scalar>
auto array(Scalar* data, std::size_t size) {
  using A = Eigen::Array<std::remove_const_t<Scalar>, Eigen::Dynamic, 1>;
  using Map = Eigen::Map<std::conditional_t<std::is_const_v<Scalar>, const A, A>>;
  return Map(data, static_cast<Eigen::Index>(size));
}

}  // namespace odot::kernels
