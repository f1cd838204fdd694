#pragma once
// SPDX-License-Identifier: MIT
// Gathering on the CPU.

#include <algorithm>

#include "odot/core/parallel.hpp"
#include "odot/kernels/gather/gather.hpp"

namespace odot::kernels {

template <>
struct Gather<Cpu> {
  static constexpr std::size_t chunk_size = 1 << 16;  // numbers

  template <class T, class S>
  static void rows(Workspace<Cpu>& workspace, const T* table, std::size_t width, const std::size_t* chosen,
                   std::size_t count, S* out) {
    each_row(workspace, width, count, [&](std::size_t n) {
      const T* row = table + chosen[n] * width;
      std::transform(row, row + width, out + n * width, [](T value) { return static_cast<S>(value); });
    });
  }

  template <class S>
  static void pixels(Workspace<Cpu>& workspace, const std::uint8_t* table, std::size_t width, const std::size_t* chosen,
                     std::size_t count, S* out) {
    each_row(workspace, width, count, [&](std::size_t n) {
      const std::uint8_t* row = table + chosen[n] * width;
      std::transform(row, row + width, out + n * width,
                     [](std::uint8_t pixel) { return static_cast<S>(pixel) / S{255}; });
    });
  }

 private:
  template <class Body>
  static void each_row(Workspace<Cpu>& workspace, std::size_t width, std::size_t count, const Body& body) {
    const Chunks chunks(count, chunk_size / width);
    parallel_for(workspace.threads(), chunks.count(), [&](std::size_t c, std::size_t) {
      for (std::size_t n = chunks.begin(c); n < chunks.end(c); ++n) body(n);
    });
  }
};

}  // namespace odot::kernels
