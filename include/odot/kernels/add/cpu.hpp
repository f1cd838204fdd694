#pragma once
// SPDX-License-Identifier: MIT
// Element-wise sum and copy on the CPU.

#include "odot/kernels/add/add.hpp"
#include "odot/kernels/eigen.hpp"

namespace odot::kernels {

template <>
struct Add<Cpu> {
  static constexpr std::size_t chunk_size = 1 << 15;  // elements

  template <ShapeType Sh, class S>
  static void forward(Workspace<Cpu>& workspace, BatchView<Sh, const S> a, BatchView<Sh, const S> b,
                      BatchView<Sh, S> c) {
    const Chunks chunks(a.size(), chunk_size);
    parallel_for(workspace.threads(), chunks.count(), [&](std::size_t i, std::size_t) {
      const std::size_t begin = chunks.begin(i), n = chunks.size(i);
      array(c.data() + begin, n) = array(a.data() + begin, n) + array(b.data() + begin, n);
    });
  }

  template <ShapeType Sh, class S>
  static void copy(Workspace<Cpu>& workspace, BatchView<Sh, const S> a, BatchView<Sh, S> c) {
    if (a.data() == c.data()) return;
    const Chunks chunks(a.size(), chunk_size);
    parallel_for(workspace.threads(), chunks.count(), [&](std::size_t i, std::size_t) {
      array(c.data() + chunks.begin(i), chunks.size(i)) = array(a.data() + chunks.begin(i), chunks.size(i));
    });
  }
};

}  // namespace odot::kernels
