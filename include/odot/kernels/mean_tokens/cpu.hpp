#pragma once
// SPDX-License-Identifier: MIT
// The mean over tokens on the CPU.

#include <algorithm>
#include <cstdint>

#include "odot/core/parallel.hpp"
#include "odot/kernels/eigen.hpp"
#include "odot/kernels/lengths/lengths.hpp"
#include "odot/kernels/mean_tokens/mean_tokens.hpp"

namespace odot::kernels {

template <>
struct MeanTokens<Cpu> {
  static constexpr std::size_t chunk_elements = 1 << 14;

  template <class S, std::size_t L, std::size_t D>
  static void forward(Workspace<Cpu>& workspace, BatchView<Shape<L, D>, const S> x, const std::int32_t* lengths,
                      BatchView<Shape<D>, S> y) {
    const Chunks chunks(x.samples(), chunk_elements / (L * D));
    parallel_for(workspace.threads(), chunks.count(), [&](std::size_t c, std::size_t) {
      for (std::size_t n = chunks.begin(c); n < chunks.end(c); ++n) {
        const std::size_t valid = valid_tokens(lengths, n, L);
        auto mean = array(y[n].data(), D);
        mean.setZero();
        for (std::size_t l = 0; l < valid; ++l) mean += array(x[n].data() + l * D, D);
        if (valid > 0) mean *= S{1} / static_cast<S>(valid);
      }
    });
  }

  template <class S, std::size_t L, std::size_t D>
  static void backward(Workspace<Cpu>& workspace, BatchView<Shape<D>, const S> dy, const std::int32_t* lengths,
                       BatchView<Shape<L, D>, S> dx) {
    if (!dx) return;
    const Chunks chunks(dx.samples(), chunk_elements / (L * D));
    parallel_for(workspace.threads(), chunks.count(), [&](std::size_t c, std::size_t) {
      for (std::size_t n = chunks.begin(c); n < chunks.end(c); ++n) {
        const std::size_t valid = valid_tokens(lengths, n, L);
        // y = Σ_l x[l] / valid
        for (std::size_t l = 0; l < valid; ++l)
          array(dx[n].data() + l * D, D) = array(dy[n].data(), D) * (S{1} / static_cast<S>(valid));
        std::fill_n(dx[n].data() + valid * D, (L - valid) * D, S{0});
      }
    });
  }
};

}  // namespace odot::kernels
