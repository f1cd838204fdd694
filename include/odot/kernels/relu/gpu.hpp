#pragma once
// SPDX-License-Identifier: MIT
// The rectified linear unit on the GPU.

#include "odot/kernels/gpu/launch.hpp"
#include "odot/kernels/relu/relu.hpp"

namespace odot::kernels {

template <>
struct Relu<Gpu> {
  template <ShapeType Sh, class S>
  static void forward(Workspace<Gpu>&, BatchView<Sh, const S, Gpu> x, BatchView<Sh, S, Gpu> y) {
    const S* in = x.data();
    S* out = y.data();
    gpu::for_each_index(x.size(), [=] ODOT_HOST_DEVICE(std::size_t i) { out[i] = in[i] < S{0} ? S{0} : in[i]; });
  }

  template <ShapeType Sh, class S>
  static void backward(Workspace<Gpu>&, BatchView<Sh, const S, Gpu> y, BatchView<Sh, const S, Gpu> dy,
                       BatchView<Sh, S, Gpu> dx) {
    if (!dx) return;
    const S *out = y.data(), *grad = dy.data();
    S* result = dx.data();
    // y = max(x, 0)
    gpu::for_each_index(y.size(), [=] ODOT_HOST_DEVICE(std::size_t i) { result[i] = out[i] > S{0} ? grad[i] : S{0}; });
  }
};

}  // namespace odot::kernels
