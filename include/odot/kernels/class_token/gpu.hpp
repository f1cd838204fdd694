#pragma once
// SPDX-License-Identifier: MIT
// The class token on the GPU.

#include "odot/kernels/class_token/class_token.hpp"
#include "odot/kernels/gpu/launch.hpp"

namespace odot::kernels {

template <>
struct ClassToken<Gpu> {
  template <class S, std::size_t L, std::size_t D, std::size_t M>
  static void forward(Workspace<Gpu>&, BatchView<Shape<L, D>, const S, Gpu> x, TensorView<Shape<D>, const S, Gpu> token,
                      BatchView<Shape<M, D>, S, Gpu> y) {
    static_assert(M == L + 1);
    const S *in = x.data(), *first = token.data();
    S* out = y.data();
    gpu::for_each_index(y.size(), [=] ODOT_HOST_DEVICE(std::size_t i) {
      const std::size_t n = i / (M * D), at = i % (M * D);
      out[i] = at < D ? first[at] : in[n * (L * D) + at - D];
    });
  }

  template <class S, std::size_t L, std::size_t D, std::size_t M>
  static void backward(Workspace<Gpu>& workspace, BatchView<Shape<M, D>, const S, Gpu> dy,
                       TensorView<Shape<D>, S, Gpu> dtoken, BatchView<Shape<L, D>, S, Gpu> dx) {
    static_assert(M == L + 1);
    const S* grad = dy.data();
    S *sums = dtoken.data(), *result = dx.data();
    // y[0] = token
    gpu::reduce_columns(
        workspace, dy.samples(), D, 0.0,
        [=] ODOT_HOST_DEVICE(std::size_t n, std::size_t d) { return static_cast<double>(grad[n * (M * D) + d]); },
        gpu::Plus{}, [=] ODOT_HOST_DEVICE(std::size_t d, double sum) { sums[d] += static_cast<S>(sum); });
    if (!dx) return;
    // y[1 + l] = x[l]
    gpu::for_each_index(
        dx.size(), [=] ODOT_HOST_DEVICE(std::size_t i) { result[i] = grad[i / (L * D) * (M * D) + D + i % (L * D)]; });
  }
};

}  // namespace odot::kernels
