#pragma once
// SPDX-License-Identifier: MIT
// Dropout on the GPU: a thread the four elements whose words come from one block of the generator.

#include <cstddef>
#include <cstdint>

#include "odot/kernels/dropout/dropout.hpp"
#include "odot/kernels/gpu/launch.hpp"

namespace odot::kernels {

template <>
struct Dropout<Gpu> {
  template <ShapeType Sh, class S>
  static void forward(Workspace<Gpu>&, const DropoutMask& mask, BatchView<Sh, const S, Gpu> x,
                      BatchView<Sh, S, Gpu> y) {
    const std::uint64_t first = std::uint64_t{mask.first_sample} * Sh::size, end = first + x.size();
    const std::uint32_t threshold = mask.threshold();
    const S scale = static_cast<S>(mask.scale());
    const Random random = mask.random;
    const S* in = x.data();
    S* out = y.data();
    gpu::for_each_index(static_cast<std::size_t>((end + 3) / 4 - first / 4), [=] ODOT_HOST_DEVICE(std::size_t block) {
      const std::uint64_t group = first / 4 + block;
      std::uint32_t words[4];
      random.words<1>(2 * group, words);
      for (std::size_t w = 0; w < 4; ++w) {
        const std::uint64_t position = 4 * group + w;
        if (position < first || position >= end) continue;
        const auto i = static_cast<std::size_t>(position - first);
        out[i] = words[w] >= threshold ? in[i] * scale : S{0};
      }
    });
  }
};

}  // namespace odot::kernels
