#pragma once
// SPDX-License-Identifier: MIT
// The packed triangle on the GPU: one thread per element of the square.

#include "odot/kernels/gpu/launch.hpp"
#include "odot/kernels/triangle/triangle.hpp"

namespace odot::kernels {

template <>
struct Triangle<Gpu> {
  template <class S, std::size_t D>
  static void unpack(Workspace<Gpu>&, TensorView<Shape<D*(D + 1) / 2>, const S, Gpu> packed,
                     TensorView<Shape<D, D>, S, Gpu> transposed) {
    const S* from = packed.data();
    S* to = transposed.data();
    gpu::for_each_index(D * D, [=] ODOT_HOST_DEVICE(std::size_t at) {
      const std::size_t i = at % D, j = at / D;
      to[at] = i < j ? S{0} : from[i * (i + 1) / 2 + j];
    });
  }

  template <class S, std::size_t D>
  static void backward(Workspace<Gpu>&, TensorView<Shape<D, D>, const S, Gpu> dtransposed,
                       TensorView<Shape<D*(D + 1) / 2>, S, Gpu> dpacked) {
    const S* from = dtransposed.data();
    S* to = dpacked.data();
    gpu::for_each_index(D * D, [=] ODOT_HOST_DEVICE(std::size_t at) {
      const std::size_t i = at % D, j = at / D;
      if (j <= i) to[i * (i + 1) / 2 + j] += from[at];
    });
  }
};

}  // namespace odot::kernels
