#pragma once
// SPDX-License-Identifier: MIT
// The norm of a gradient on the GPU.

#include <cmath>
#include <cstddef>

#include "odot/kernels/gpu/launch.hpp"
#include "odot/kernels/gradient_norm/gradient_norm.hpp"

namespace odot::kernels {

template <>
struct GradientNorm<Gpu> {
  template <class S>
  static void measure(Workspace<Gpu>& workspace, std::span<const S> gradient, double* norm) {
    const S* g = gradient.data();
    gpu::reduce_rows(
        workspace, 1, gradient.size(), 0.0,
        [=] ODOT_HOST_DEVICE(std::size_t, std::size_t i) {
          const auto value = static_cast<double>(g[i]);
          return value * value;
        },
        gpu::Plus{}, [=] ODOT_HOST_DEVICE(std::size_t, double sum) { *norm = std::sqrt(sum); });
  }

  template <class S>
  static void clip(Workspace<Gpu>&, double max_norm, const double* norm, std::span<S> gradient) {
    S* g = gradient.data();
    gpu::for_each_index(gradient.size(), [=] ODOT_HOST_DEVICE(std::size_t i) {
      const double factor = max_norm / (*norm + 1e-6);
      if (!(factor >= 1)) g[i] *= static_cast<S>(factor);
    });
  }
};

}  // namespace odot::kernels
