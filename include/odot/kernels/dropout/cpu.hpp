#pragma once
// SPDX-License-Identifier: MIT
// Dropout on the CPU.

#include <algorithm>
#include <cstdint>

#include "odot/core/parallel.hpp"
#include "odot/kernels/dropout/dropout.hpp"

namespace odot::kernels {

template <>
struct Dropout<Cpu> {
  static constexpr std::size_t chunk_size = 1 << 13;  // elements
  static constexpr std::size_t blocks = 32;           // of the generator at once

  template <ShapeType Sh, class S>
  static void forward(Workspace<Cpu>& workspace, const DropoutMask& mask, BatchView<Sh, const S> x,
                      BatchView<Sh, S> y) {
    const std::uint64_t first = std::uint64_t{mask.first_sample} * Sh::size;
    const std::uint32_t threshold = mask.threshold();
    const S scale = static_cast<S>(mask.scale());
    const Chunks chunks(x.size(), chunk_size);
    parallel_for(workspace.threads(), chunks.count(), [&](std::size_t c, std::size_t) {
      // Four words come from one block of the generator, so multiples of four are where a group of them begins.
      std::uint32_t group[4 * blocks];
      std::size_t at = chunks.begin(c);
      while (at < chunks.end(c)) {
        const std::uint64_t position = first + at;
        const std::size_t skipped = position % 4, n = (std::min)(4 * blocks - skipped, chunks.end(c) - at);
        mask.random.template words<blocks>(position / 4 * 2, group);
        const S* from = x.data() + at;
        S* to = y.data() + at;
        for (std::size_t i = 0; i < n; ++i) to[i] = group[skipped + i] >= threshold ? from[i] * scale : S{0};
        at += n;
      }
    });
  }
};

}  // namespace odot::kernels
