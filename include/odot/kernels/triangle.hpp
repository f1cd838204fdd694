#pragma once
// SPDX-License-Identifier: MIT
// The lower triangular matrix that is stored without its zeros.

#include <cstddef>
#include <type_traits>

#include "odot/core/view.hpp"
#include "odot/kernels/parallel/contract.hpp"

namespace odot::kernels {

namespace detail {

/// Row j of Tᵀ: its columns i are T's rows.
template <class S>
struct TriangleUnpack {
  const S* packed;
  S* transposed;

  template <class Run>
  ODOT_HOST_DEVICE void operator()(const Run& run) const {
    S* row = transposed + run.offset;
    for (std::size_t l = 0; l < run.count; ++l) {
      const std::size_t i = run.column + l, j = run.row;
      row[l] = i < j ? S{0} : packed[i * (i + 1) / 2 + j];
    }
  }
};

/// Row i of T, columns j ≤ i.
template <class S, std::size_t D>
struct TriangleBackward {
  const S* dtransposed;
  S* dpacked;

  template <class Run>
  ODOT_HOST_DEVICE void operator()(const Run& run) const {
    const std::size_t i = run.row, j = run.column;
    if (j > i) return;
    const std::size_t count = i - j + 1 < run.count ? i - j + 1 : run.count;
    for (std::size_t l = 0; l < count; ++l) dpacked[i * (i + 1) / 2 + j + l] += dtransposed[(j + l) * D + i];
  }
};

}  // namespace detail

/// T [D, D], T_ij = 0 for j > i, stored row by row without the zeros: T_ij = packed[i(i + 1)/2 + j].
/// Shapes  packed [D(D + 1)/2] → transposed [D, D] = Tᵀ: the weight of kernels::Linear with which y = x T
/// Grad    packed's += the lower triangle of the gradient of T (added)
template <class Device>
struct Triangle {
  template <class S, std::size_t D>
  static void unpack(Workspace<Device>& workspace, TensorView<Shape<D*(D + 1) / 2>, const S, Device> packed,
                     TensorView<Shape<D, D>, S, Device> transposed) {
    Parallel<Device>::template map<S>(workspace, D, std::integral_constant<std::size_t, D>{},
                                      detail::TriangleUnpack<S>{packed.data(), transposed.data()});
  }

  template <class S, std::size_t D>
  static void backward(Workspace<Device>& workspace, TensorView<Shape<D, D>, const S, Device> dtransposed,
                       TensorView<Shape<D*(D + 1) / 2>, S, Device> dpacked) {
    Parallel<Device>::template map<S>(workspace, D, std::integral_constant<std::size_t, D>{},
                                      detail::TriangleBackward<S, D>{dtransposed.data(), dpacked.data()});
  }
};

}  // namespace odot::kernels
