#pragma once
// SPDX-License-Identifier: MIT
// The rectified linear unit on the CPU.

#include "odot/kernels/eigen.hpp"
#include "odot/kernels/relu/relu.hpp"

namespace odot::kernels {

template <>
struct Relu<Cpu> {
  static constexpr std::size_t chunk_size = 1 << 15;  // elements

  template <ShapeType Sh, class S>
  static void forward(Workspace<Cpu>& workspace, BatchView<Sh, const S> x, BatchView<Sh, S> y) {
    const Chunks chunks(x.size(), chunk_size);
    parallel_for(workspace.threads(), chunks.count(), [&](std::size_t c, std::size_t) {
      const auto in = array(x.data() + chunks.begin(c), chunks.size(c));
      array(y.data() + chunks.begin(c), chunks.size(c)) = (in < S{0}).select(S{0}, in);
    });
  }

  template <ShapeType Sh, class S>
  static void backward(Workspace<Cpu>& workspace, BatchView<Sh, const S> y, BatchView<Sh, const S> dy,
                       BatchView<Sh, S> dx) {
    if (!dx) return;
    const Chunks chunks(y.size(), chunk_size);
    parallel_for(workspace.threads(), chunks.count(), [&](std::size_t c, std::size_t) {
      const auto out = array(y.data() + chunks.begin(c), chunks.size(c));
      const auto grad = array(dy.data() + chunks.begin(c), chunks.size(c));
      // y = max(x, 0); where that is NaN, dx is dy
      array(dx.data() + chunks.begin(c), chunks.size(c)) = (out <= S{0}).select(S{0}, grad);
    });
  }
};

}  // namespace odot::kernels
