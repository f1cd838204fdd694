#pragma once
// SPDX-License-Identifier: MIT
// The rectified linear unit on the GPU.

#include "odot/kernels/gpu/rows.hpp"
#include "odot/kernels/relu/relu.hpp"

namespace odot::kernels {

template <>
struct Relu<Gpu> {
  template <ShapeType Sh, class S>
  static void forward(Workspace<Gpu>&, BatchView<Sh, const S, Gpu> x, BatchView<Sh, S, Gpu> y) {
    const S* in = x.data();
    S* out = y.data();
    gpu::for_each_four(x.size(), [=] ODOT_HOST_DEVICE(std::size_t first, unsigned count) {
      S row[4] = {};
      gpu::load_row(in + first, count, row);
      for (S& value : row) value = value < S{0} ? S{0} : value;
      gpu::store_row(row, count, out + first);
    });
  }

  template <ShapeType Sh, class S>
  static void backward(Workspace<Gpu>&, BatchView<Sh, const S, Gpu> y, BatchView<Sh, const S, Gpu> dy,
                       BatchView<Sh, S, Gpu> dx) {
    if (!dx) return;
    const S *out = y.data(), *grad = dy.data();
    S* result = dx.data();
    // y = max(x, 0); where that is NaN, dx is dy
    gpu::for_each_four(y.size(), [=] ODOT_HOST_DEVICE(std::size_t first, unsigned count) {
      S row[4] = {}, gradient[4] = {};
      gpu::load_row(out + first, count, row);
      gpu::load_row(grad + first, count, gradient);
      for (int j = 0; j < 4; ++j) row[j] = row[j] <= S{0} ? S{0} : gradient[j];
      gpu::store_row(row, count, result + first);
    });
  }
};

}  // namespace odot::kernels
