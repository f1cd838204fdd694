#pragma once
// SPDX-License-Identifier: MIT
// The norm of a gradient on the GPU.

#include <cmath>
#include <cstddef>
#include <type_traits>

#include "odot/kernels/gpu/launch.hpp"
#include "odot/kernels/gradient_norm/gradient_norm.hpp"

namespace odot::kernels {

template <>
struct GradientNorm<Gpu> {
  template <class S>
  static void measure(Workspace<Gpu>& workspace, std::span<const S> gradient, double* norm) {
    const S* g = gradient.data();
    if constexpr (std::is_same_v<S, double>) {
      auto frame = workspace.frame();
      double* unit = frame.template take<double>(1);
      gpu::reduce_rows(
          workspace, 1, gradient.size(), 0.0,
          [=] ODOT_HOST_DEVICE(std::size_t, std::size_t i) { return g[i] < 0 ? -g[i] : g[i]; }, gpu::Maximum{},
          // 1 where they are all 0, or not all of them finite
          [=] ODOT_HOST_DEVICE(std::size_t, double most) { *unit = most > 0 && most - most == 0 ? most : 1.0; });
      reduce(workspace, gradient.size(), [=] ODOT_HOST_DEVICE(std::size_t i) { return g[i] / *unit; }, unit, norm);
    } else {
      reduce(
          workspace, gradient.size(), [=] ODOT_HOST_DEVICE(std::size_t i) { return static_cast<double>(g[i]); },
          static_cast<const double*>(nullptr), norm);
    }
  }

  template <class S>
  static void clip(Workspace<Gpu>&, double max_norm, const double* norm, std::span<S> gradient) {
    S* g = gradient.data();
    gpu::for_each_index(gradient.size(), [=] ODOT_HOST_DEVICE(std::size_t i) {
      const double factor = detail::clipping_factor(max_norm, *norm);
      if (factor != 1) g[i] = static_cast<S>(static_cast<double>(g[i]) * factor);
    });
  }

  /// *norm = unit · √(Σ load(i)²); unit: memory of the device, null: 1.
  template <class Load>
  static void reduce(Workspace<Gpu>& workspace, std::size_t count, const Load& load, const double* unit, double* norm) {
    gpu::reduce_rows(
        workspace, 1, count, 0.0,
        [=] ODOT_HOST_DEVICE(std::size_t, std::size_t i) {
          const double value = load(i);
          return value * value;
        },
        gpu::Plus{}, [=] ODOT_HOST_DEVICE(std::size_t, double sum) { *norm = (unit ? *unit : 1.0) * std::sqrt(sum); });
  }
};

}  // namespace odot::kernels
