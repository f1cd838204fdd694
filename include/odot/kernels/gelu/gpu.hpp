#pragma once
// SPDX-License-Identifier: MIT
// The Gaussian error linear unit on the GPU.

#include <cmath>
#include <numbers>

#include "odot/kernels/gelu/gelu.hpp"
#include "odot/kernels/gpu/launch.hpp"

namespace odot::kernels {

template <>
struct Gelu<Gpu> {
  template <ShapeType Sh, class S>
  static void forward(Workspace<Gpu>&, BatchView<Sh, const S, Gpu> x, BatchView<Sh, S, Gpu> y) {
    const S* in = x.data();
    S* out = y.data();
    gpu::for_each_index(x.size(), [=] ODOT_HOST_DEVICE(std::size_t i) { out[i] = in[i] * probability(in[i]); });
  }

  template <ShapeType Sh, class S>
  static void backward(Workspace<Gpu>&, BatchView<Sh, const S, Gpu> x, BatchView<Sh, const S, Gpu> dy,
                       BatchView<Sh, S, Gpu> dx) {
    if (!dx) return;
    const S *in = x.data(), *grad = dy.data();
    S* result = dx.data();
    // y = x Φ(x)
    gpu::for_each_index(x.size(), [=] ODOT_HOST_DEVICE(std::size_t i) {
      result[i] = grad[i] * (probability(in[i]) + in[i] * density(in[i]));
    });
  }

  /// Φ(x)
  template <class S>
  static ODOT_HOST_DEVICE S probability(S x) {
    return S{0.5} * std::erfc(-x * (S{1} / std::numbers::sqrt2_v<S>));
  }
  /// φ(x)
  template <class S>
  static ODOT_HOST_DEVICE S density(S x) {
    return std::exp(S{-0.5} * x * x) * (std::numbers::inv_sqrtpi_v<S> / std::numbers::sqrt2_v<S>);
  }
};

}  // namespace odot::kernels
