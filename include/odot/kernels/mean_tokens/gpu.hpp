#pragma once
// SPDX-License-Identifier: MIT
// The mean over tokens on the GPU: one thread per feature of a sample.

#include <cstdint>

#include "odot/kernels/gpu/launch.hpp"
#include "odot/kernels/lengths/lengths.hpp"
#include "odot/kernels/mean_tokens/mean_tokens.hpp"

namespace odot::kernels {

template <>
struct MeanTokens<Gpu> {
  template <class S, std::size_t L, std::size_t D>
  static void forward(Workspace<Gpu>&, BatchView<Shape<L, D>, const S, Gpu> x, const std::int32_t* lengths,
                      BatchView<Shape<D>, S, Gpu> y) {
    const S* in = x.data();
    S* out = y.data();
    gpu::for_each_thread(y.size(), [=] ODOT_HOST_DEVICE(std::size_t i) {
      const std::size_t n = i / D, valid = valid_tokens(lengths, n, L);
      gpu::LongSum<S, L> sum{0};
      for (std::size_t l = 0; l < valid; ++l) sum += in[(n * L + l) * D + i % D];
      out[i] = valid > 0 ? static_cast<S>(sum / static_cast<gpu::LongSum<S, L>>(valid)) : S{0};
    });
  }

  template <class S, std::size_t L, std::size_t D>
  static void backward(Workspace<Gpu>&, BatchView<Shape<D>, const S, Gpu> dy, const std::int32_t* lengths,
                       BatchView<Shape<L, D>, S, Gpu> dx) {
    if (!dx) return;
    const S* grad = dy.data();
    S* result = dx.data();
    // y = Σ_l x[l] / valid
    gpu::for_each_index(dx.size(), [=] ODOT_HOST_DEVICE(std::size_t i) {
      const std::size_t n = i / (L * D), l = i / D % L, valid = valid_tokens(lengths, n, L);
      result[i] = l < valid ? grad[n * D + i % D] * (S{1} / static_cast<S>(valid)) : S{0};
    });
  }
};

}  // namespace odot::kernels
