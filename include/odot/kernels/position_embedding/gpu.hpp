#pragma once
// SPDX-License-Identifier: MIT
// The learned position embedding on the GPU.

#include "odot/kernels/gpu/launch.hpp"
#include "odot/kernels/position_embedding/position_embedding.hpp"

namespace odot::kernels {

template <>
struct PositionEmbedding<Gpu> {
  template <ShapeType Sh, class S>
  static void forward(Workspace<Gpu>&, BatchView<Sh, const S, Gpu> x, TensorView<Sh, const S, Gpu> weight,
                      BatchView<Sh, S, Gpu> y) {
    const S *in = x.data(), *w = weight.data();
    S* out = y.data();
    gpu::for_each_index(x.size(), [=] ODOT_HOST_DEVICE(std::size_t i) { out[i] = in[i] + w[i % Sh::size]; });
  }

  template <ShapeType Sh, class S>
  static void backward(Workspace<Gpu>& workspace, BatchView<Sh, const S, Gpu> dy, TensorView<Sh, S, Gpu> dweight) {
    const S* grad = dy.data();
    S* dw = dweight.data();
    // y = x + w
    gpu::reduce_columns(
        workspace, dy.samples(), Sh::size, 0.0,
        [=] ODOT_HOST_DEVICE(std::size_t n, std::size_t i) { return static_cast<double>(grad[n * Sh::size + i]); },
        gpu::Plus{}, [=] ODOT_HOST_DEVICE(std::size_t i, double sum) { dw[i] += static_cast<S>(sum); });
  }
};

}  // namespace odot::kernels
