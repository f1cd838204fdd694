#pragma once
// SPDX-License-Identifier: MIT
// The packed triangle on the CPU: plain loops over D² elements, beside products of N·L·D² multiply-adds.

#include "odot/kernels/triangle/triangle.hpp"

namespace odot::kernels {

template <>
struct Triangle<Cpu> {
  template <class S, std::size_t D>
  static void unpack(Workspace<Cpu>& /*workspace*/, TensorView<Shape<D*(D + 1) / 2>, const S> packed,
                     TensorView<Shape<D, D>, S> transposed) {
    for (std::size_t j = 0; j < D; ++j)
      for (std::size_t i = 0; i < D; ++i) transposed(j, i) = i < j ? S{0} : packed[i * (i + 1) / 2 + j];
  }

  template <class S, std::size_t D>
  static void backward(Workspace<Cpu>& /*workspace*/, TensorView<Shape<D, D>, const S> dtransposed,
                       TensorView<Shape<D*(D + 1) / 2>, S> dpacked) {
    for (std::size_t i = 0; i < D; ++i)
      for (std::size_t j = 0; j <= i; ++j) dpacked[i * (i + 1) / 2 + j] += dtransposed(j, i);
  }
};

}  // namespace odot::kernels
