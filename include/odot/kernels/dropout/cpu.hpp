#pragma once
// SPDX-License-Identifier: MIT
// Dropout on the CPU.

#include <algorithm>
#include <array>

#include "odot/core/parallel.hpp"
#include "odot/kernels/dropout/dropout.hpp"

namespace odot::kernels {

template <>
struct Dropout<Cpu> {
  static constexpr std::size_t chunk_size = 1 << 13;  // elements

  template <ShapeType Sh, class S>
  static void forward(Workspace<Cpu>& workspace, const DropoutMask& mask, BatchView<Sh, const S> x,
                      BatchView<Sh, S> y) {
    const std::uint64_t first = std::uint64_t{mask.first_sample} * Sh::size;
    const std::uint32_t threshold = mask.threshold();
    const S scale = static_cast<S>(mask.scale());
    const Chunks chunks(x.size(), chunk_size);
    parallel_for(workspace.threads(), chunks.count(), [&](std::size_t c, std::size_t) {
      // Four words come from one block of the generator, so groups of four are what the positions are cut into.
      std::size_t at = chunks.begin(c);
      while (at < chunks.end(c)) {
        const std::uint64_t position = first + at;
        const std::size_t skipped = position % words, n = std::min(words - skipped, chunks.end(c) - at);
        const auto group = words_of(mask.random, position / words);
        for (std::size_t i = 0; i < n; ++i, ++at)
          y.data()[at] = group[skipped + i] >= threshold ? x.data()[at] * scale : S{0};
      }
    });
  }

 private:
  static constexpr std::size_t words = 4;

  static std::array<std::uint32_t, words> words_of(const Random& random, std::uint64_t group) {
    const std::uint64_t a = random.bits(2 * group), b = random.bits(2 * group + 1);
    return {static_cast<std::uint32_t>(a >> 32), static_cast<std::uint32_t>(a), static_cast<std::uint32_t>(b >> 32),
            static_cast<std::uint32_t>(b)};
  }
};

}  // namespace odot::kernels
