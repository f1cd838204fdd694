#pragma once
// SPDX-License-Identifier: MIT
// The choice of a token on the CPU: copies.

#include <algorithm>
#include <cstdint>

#include "odot/core/parallel.hpp"
#include "odot/kernels/select_token/select_token.hpp"

namespace odot::kernels {

template <>
struct SelectToken<Cpu> {
  static constexpr std::size_t chunk_elements = 1 << 15;

  template <class S, std::size_t L, std::size_t D>
  static void forward(Workspace<Cpu>& workspace, BatchView<Shape<L, D>, const S> x, std::size_t token,
                      const std::int32_t* lengths, BatchView<Shape<D>, S> y) {
    const Chunks chunks(x.samples(), chunk_elements / D);
    parallel_for(workspace.threads(), chunks.count(), [&](std::size_t c, std::size_t) {
      for (std::size_t n = chunks.begin(c); n < chunks.end(c); ++n) {
        const std::size_t chosen = chosen_token(token, lengths, n, L);
        if (chosen < L) std::copy_n(x[n].data() + chosen * D, D, y[n].data());
        else std::fill_n(y[n].data(), D, S{0});
      }
    });
  }

  template <class S, std::size_t L, std::size_t D>
  static void backward(Workspace<Cpu>& workspace, BatchView<Shape<D>, const S> dy, std::size_t token,
                       const std::int32_t* lengths, BatchView<Shape<L, D>, S> dx) {
    if (!dx) return;
    const Chunks chunks(dx.samples(), chunk_elements / (L * D));
    parallel_for(workspace.threads(), chunks.count(), [&](std::size_t c, std::size_t) {
      for (std::size_t n = chunks.begin(c); n < chunks.end(c); ++n) {
        const std::size_t chosen = chosen_token(token, lengths, n, L);
        std::fill_n(dx[n].data(), L * D, S{0});
        // y = x[chosen]
        if (chosen < L) std::copy_n(dy[n].data(), D, dx[n].data() + chosen * D);
      }
    });
  }
};

}  // namespace odot::kernels
