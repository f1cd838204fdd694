#pragma once
// SPDX-License-Identifier: MIT
// The class token on the CPU: copies.

#include <algorithm>

#include "odot/kernels/class_token/class_token.hpp"
#include "odot/kernels/eigen.hpp"
#include "odot/kernels/long_sum.hpp"
#include "odot/kernels/partials.hpp"

namespace odot::kernels {

template <>
struct ClassToken<Cpu> {
  static constexpr std::size_t chunk_elements = 1 << 14;
  static constexpr std::size_t most_partials = 16;

  template <class S, std::size_t L, std::size_t D, std::size_t M>
  static void forward(Workspace<Cpu>& workspace, BatchView<Shape<L, D>, const S> x, TensorView<Shape<D>, const S> token,
                      BatchView<Shape<M, D>, S> y) {
    static_assert(M == L + 1);
    const Chunks chunks(x.samples(), chunk_elements / (M * D));
    parallel_for(workspace.threads(), chunks.count(), [&](std::size_t c, std::size_t) {
      for (std::size_t n = chunks.begin(c); n < chunks.end(c); ++n) {
        std::copy_n(token.data(), D, y[n].data());
        std::copy_n(x[n].data(), L * D, y[n].data() + D);
      }
    });
  }

  template <class S, std::size_t L, std::size_t D, std::size_t M>
  static void backward(Workspace<Cpu>& workspace, BatchView<Shape<M, D>, const S> dy, TensorView<Shape<D>, S> dtoken,
                       BatchView<Shape<L, D>, S> dx) {
    static_assert(M == L + 1);
    auto frame = workspace.frame();
    const Chunks chunks =
        Chunks::at_most(most_partials, dy.samples(), std::max<std::size_t>(chunk_elements / (M * D), 1));
    const Partials<S> partials(frame, chunks.count(), D), stretches(frame, chunks.count(), D);
    parallel_for(workspace.threads(), chunks.count(), [&](std::size_t c, std::size_t) {
      sum_rows_in_stretches(chunks.begin(c), chunks.end(c), D, partials.start(c), stretches.start(c),
                            [&](std::size_t first, std::size_t last, S* sum) {
                              for (std::size_t n = first; n < last; ++n) {
                                // y[0] = token
                                array(sum, D) += array(dy[n].data(), D);
                                // y[1 + l] = x[l]
                                if (dx) std::copy_n(dy[n].data() + D, L * D, dx[n].data());
                              }
                            });
    });
    partials.add_to(workspace.threads(), dtoken.data(), 0, D);
  }
};

}  // namespace odot::kernels
