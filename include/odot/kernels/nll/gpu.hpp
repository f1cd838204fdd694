#pragma once
// SPDX-License-Identifier: MIT
// Negative log-likelihood on the GPU.

#include <cstdint>
#include <limits>
#include <span>

#include "odot/kernels/gpu/launch.hpp"
#include "odot/kernels/gpu/loss_part.hpp"
#include "odot/kernels/nll/nll.hpp"

namespace odot::kernels {

template <>
struct NegativeLogLikelihood<Gpu> {
  template <class S, std::size_t K>
  static void evaluate(Workspace<Gpu>& workspace, BatchView<Shape<K>, const S, Gpu> y,
                       std::span<const std::int32_t> labels, S scale, BatchView<Shape<K>, S, Gpu> dy, LossSums* sums) {
    const S* out = y.data();
    S* grad = dy.data();
    const std::int32_t* label = labels.data();
    gpu::reduce_rows(
        workspace, 1, y.samples(), gpu::LossPart{},
        [=] ODOT_HOST_DEVICE(std::size_t, std::size_t n) { return part<K>(out + n * K, label[n]); }, gpu::Plus{},
        gpu::AddLosses{sums, static_cast<std::int64_t>(y.samples())});
    if (!dy) return;
    gpu::for_each_index(y.size(), [=] ODOT_HOST_DEVICE(std::size_t i) {
      grad[i] = static_cast<std::int32_t>(i % K) == label[i / K] ? -scale : S{0};
    });
  }

  template <std::size_t K, class S>
  static ODOT_HOST_DEVICE gpu::LossPart part(const S* row, std::int32_t label) {
    if (label < 0 || label >= static_cast<std::int32_t>(K)) return {std::numeric_limits<double>::quiet_NaN(), 0};
    return {-static_cast<double>(row[label]), is_largest(row, K, static_cast<std::size_t>(label))};
  }
};

}  // namespace odot::kernels
