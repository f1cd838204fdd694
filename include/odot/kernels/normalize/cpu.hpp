#pragma once
// SPDX-License-Identifier: MIT
// The normalisation of channels by fixed statistics on the CPU.

#include <algorithm>
#include <cstddef>

#include "odot/core/parallel.hpp"
#include "odot/kernels/eigen.hpp"
#include "odot/kernels/normalize/normalize.hpp"

namespace odot::kernels {

template <>
struct Normalize<Cpu> {
  static constexpr std::size_t chunk_elements = 1 << 14;

  template <ShapeType Sh, ShapeType Channels, class S>
  static void forward(Workspace<Cpu>& workspace, BatchView<Sh, const S> x, TensorView<Channels, const S> mean,
                      TensorView<Channels, const S> deviation, BatchView<Sh, S> y) {
    each_channel(workspace, x, y, [=](auto in, auto out, std::size_t c) { out = (in - mean[c]) / deviation[c]; });
  }

  template <ShapeType Sh, ShapeType Channels, class S>
  static void backward(Workspace<Cpu>& workspace, TensorView<Channels, const S> deviation, BatchView<Sh, const S> dy,
                       BatchView<Sh, S> dx) {
    // y = (x − mean)/deviation
    each_channel(workspace, dy, dx, [=](auto grad, auto result, std::size_t c) { result = grad / deviation[c]; });
  }

 private:
  /// work(a channel of x, the same of y, its number) for every channel of every sample.
  template <ShapeType Sh, class S>
  static void each_channel(Workspace<Cpu>& workspace, BatchView<Sh, const S> x, BatchView<Sh, S> y, const auto& work) {
    constexpr std::size_t channels = Sh::extents[0], each = Sh::size / channels;
    const Chunks chunks(x.samples() * channels, std::max<std::size_t>(chunk_elements / each, 1));
    parallel_for(workspace.threads(), chunks.count(), [&](std::size_t chunk, std::size_t) {
      for (std::size_t i = chunks.begin(chunk); i < chunks.end(chunk); ++i)
        work(array(x.data() + i * each, each), array(y.data() + i * each, each), i % channels);
    });
  }
};

}  // namespace odot::kernels
