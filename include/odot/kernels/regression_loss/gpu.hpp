#pragma once
// SPDX-License-Identifier: MIT
// The losses of regression on the GPU.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

#include "odot/kernels/gpu/launch.hpp"
#include "odot/kernels/regression_loss/regression_loss.hpp"

namespace odot::kernels {

template <>
struct RegressionLoss<Gpu> {
  template <ShapeType Sh, class S>
  static void evaluate(Workspace<Gpu>& workspace, Deviation deviation, BatchView<Sh, const S, Gpu> y,
                       std::span<const S> targets, S scale, BatchView<Sh, S, Gpu> dy, LossSums* sums) {
    const S *out = y.data(), *target = targets.data();
    S* grad = dy.data();
    const auto samples = static_cast<std::int64_t>(y.samples());
    gpu::reduce_rows(
        workspace, 1, y.size(), 0.0,
        [=] ODOT_HOST_DEVICE(std::size_t, std::size_t i) {
          const auto difference = static_cast<double>(out[i] - target[i]);
          return deviation == Deviation::squared ? difference * difference : std::abs(difference);
        },
        gpu::Plus{},
        [=] ODOT_HOST_DEVICE(std::size_t, double sum) {
          sums->loss += sum / static_cast<double>(Sh::size);
          sums->samples += samples;
        });
    if (!dy) return;
    const S each = scale / static_cast<S>(Sh::size);
    gpu::for_each_index(
        y.size(), [=] ODOT_HOST_DEVICE(std::size_t i) { grad[i] = gradient(deviation, out[i] - target[i], each); });
  }

  /// scale · 2d, or scale · sign(d), where NaN stays NaN.
  template <class S>
  static ODOT_HOST_DEVICE S gradient(Deviation deviation, S difference, S scale) {
    if (deviation == Deviation::squared) return difference * (S{2} * scale);
    return difference > S{0} ? scale : difference < S{0} ? -scale : difference * scale;
  }
};

}  // namespace odot::kernels
