#pragma once
// SPDX-License-Identifier: MIT
// The normalisation of channels by fixed statistics on the GPU.

#include "odot/kernels/gpu/launch.hpp"
#include "odot/kernels/normalize/normalize.hpp"

namespace odot::kernels {

template <>
struct Normalize<Gpu> {
  template <ShapeType Sh, ShapeType Channels, class S>
  static void forward(Workspace<Gpu>&, BatchView<Sh, const S, Gpu> x, TensorView<Channels, const S, Gpu> mean,
                      TensorView<Channels, const S, Gpu> deviation, BatchView<Sh, S, Gpu> y) {
    constexpr std::size_t channels = Channels::size, each = Sh::size / channels;
    const S *in = x.data(), *means = mean.data(), *deviations = deviation.data();
    S* out = y.data();
    gpu::for_each_index(x.size(), [=] ODOT_HOST_DEVICE(std::size_t i) {
      const std::size_t c = i / each % channels;
      out[i] = (in[i] - means[c]) / deviations[c];
    });
  }

  template <ShapeType Sh, ShapeType Channels, class S>
  static void backward(Workspace<Gpu>&, TensorView<Channels, const S, Gpu> deviation, BatchView<Sh, const S, Gpu> dy,
                       BatchView<Sh, S, Gpu> dx) {
    constexpr std::size_t channels = Channels::size, each = Sh::size / channels;
    const S *deviations = deviation.data(), *grad = dy.data();
    S* result = dx.data();
    // y = (x − mean)/deviation
    gpu::for_each_index(dy.size(),
                        [=] ODOT_HOST_DEVICE(std::size_t i) { result[i] = grad[i] / deviations[i / each % channels]; });
  }
};

}  // namespace odot::kernels
