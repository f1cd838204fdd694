#pragma once
// SPDX-License-Identifier: MIT
// The choice of a token on the GPU.

#include <cstdint>

#include "odot/kernels/gpu/launch.hpp"
#include "odot/kernels/select_token/select_token.hpp"

namespace odot::kernels {

template <>
struct SelectToken<Gpu> {
  template <class S, std::size_t L, std::size_t D>
  static void forward(Workspace<Gpu>&, BatchView<Shape<L, D>, const S, Gpu> x, std::size_t token,
                      const std::int32_t* lengths, BatchView<Shape<D>, S, Gpu> y) {
    const S* in = x.data();
    S* out = y.data();
    gpu::for_each_index(y.size(), [=] ODOT_HOST_DEVICE(std::size_t i) {
      const std::size_t n = i / D, chosen = chosen_token(token, lengths, n, L);
      out[i] = chosen < L ? in[(n * L + chosen) * D + i % D] : S{0};
    });
  }

  template <class S, std::size_t L, std::size_t D>
  static void backward(Workspace<Gpu>&, BatchView<Shape<D>, const S, Gpu> dy, std::size_t token,
                       const std::int32_t* lengths, BatchView<Shape<L, D>, S, Gpu> dx) {
    if (!dx) return;
    const S* grad = dy.data();
    S* result = dx.data();
    // y = x[chosen]
    gpu::for_each_index(dx.size(), [=] ODOT_HOST_DEVICE(std::size_t i) {
      const std::size_t n = i / (L * D);
      result[i] = i / D % L == chosen_token(token, lengths, n, L) ? grad[n * D + i % D] : S{0};
    });
  }
};

}  // namespace odot::kernels
