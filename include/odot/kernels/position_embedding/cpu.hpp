#pragma once
// SPDX-License-Identifier: MIT
// The learned position embedding on the CPU.

#include <algorithm>

#include "odot/kernels/eigen.hpp"
#include "odot/kernels/long_sum.hpp"
#include "odot/kernels/partials.hpp"
#include "odot/kernels/position_embedding/position_embedding.hpp"

namespace odot::kernels {

template <>
struct PositionEmbedding<Cpu> {
  static constexpr std::size_t chunk_elements = 1 << 14;
  static constexpr std::size_t most_partials = 16;

  template <ShapeType Sh, class S>
  static void forward(Workspace<Cpu>& workspace, BatchView<Sh, const S> x, TensorView<Sh, const S> weight,
                      BatchView<Sh, S> y) {
    const Chunks chunks(x.samples(), samples_a_chunk<Sh>);
    parallel_for(workspace.threads(), chunks.count(), [&](std::size_t c, std::size_t) {
      for (std::size_t n = chunks.begin(c); n < chunks.end(c); ++n)
        array(y[n].data(), Sh::size) = array(x[n].data(), Sh::size) + array(weight.data(), Sh::size);
    });
  }

  template <ShapeType Sh, class S>
  static void backward(Workspace<Cpu>& workspace, BatchView<Sh, const S> dy, TensorView<Sh, S> dweight) {
    auto frame = workspace.frame();
    const Chunks chunks = Chunks::at_most(most_partials, dy.samples(), samples_a_chunk<Sh>);
    const Partials<S> partials(frame, chunks.count(), Sh::size), stretches(frame, chunks.count(), Sh::size);
    parallel_for(workspace.threads(), chunks.count(), [&](std::size_t c, std::size_t) {
      // y = x + w
      sum_rows_in_stretches(chunks.begin(c), chunks.end(c), Sh::size, partials.start(c), stretches.start(c),
                            [&](std::size_t first, std::size_t last, S* sum) {
                              for (std::size_t n = first; n < last; ++n)
                                array(sum, Sh::size) += array(dy[n].data(), Sh::size);
                            });
    });
    partials.add_to(workspace.threads(), dweight.data(), 0, Sh::size);
  }

 private:
  template <ShapeType Sh>
  static constexpr std::size_t samples_a_chunk = std::max<std::size_t>(chunk_elements / Sh::size, 1);
};

}  // namespace odot::kernels
