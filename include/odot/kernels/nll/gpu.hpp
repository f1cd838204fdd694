#pragma once
// SPDX-License-Identifier: MIT
// Negative log-likelihood on the GPU.

#include <cstdint>
#include <limits>
#include <span>

#include "odot/kernels/gpu/launch.hpp"
#include "odot/kernels/nll/nll.hpp"

namespace odot::kernels {

template <>
struct NegativeLogLikelihood<Gpu> {
  /// A sample's part of LossSums.
  struct Part {
    double loss = 0;
    std::int64_t correct = 0;

    ODOT_HOST_DEVICE friend Part operator+(const Part& a, const Part& b) {
      return {a.loss + b.loss, a.correct + b.correct};
    }
  };

  template <class S, std::size_t K>
  static void evaluate(Workspace<Gpu>& workspace, BatchView<Shape<K>, const S, Gpu> y,
                       std::span<const std::int32_t> labels, S scale, BatchView<Shape<K>, S, Gpu> dy, LossSums* sums) {
    const S* out = y.data();
    S* grad = dy.data();
    const std::int32_t* label = labels.data();
    const auto samples = static_cast<std::int64_t>(y.samples());
    gpu::reduce_rows(
        workspace, 1, y.samples(), Part{},
        [=] ODOT_HOST_DEVICE(std::size_t, std::size_t n) { return part<K>(out + n * K, label[n]); }, gpu::Plus{},
        [=] ODOT_HOST_DEVICE(std::size_t, const Part& all) {
          sums->loss += all.loss;
          sums->correct += all.correct;
          sums->samples += samples;
        });
    if (!dy) return;
    gpu::for_each_index(y.size(), [=] ODOT_HOST_DEVICE(std::size_t i) {
      grad[i] = static_cast<std::int32_t>(i % K) == label[i / K] ? -scale : S{0};
    });
  }

  template <std::size_t K, class S>
  static ODOT_HOST_DEVICE Part part(const S* row, std::int32_t label) {
    if (label < 0 || label >= static_cast<std::int32_t>(K)) return {std::numeric_limits<double>::quiet_NaN(), 0};
    std::int32_t largest = 0;
    for (std::int32_t k = 1; k < static_cast<std::int32_t>(K); ++k)
      if (row[k] > row[largest]) largest = k;
    return {-static_cast<double>(row[label]), largest == label};
  }
};

}  // namespace odot::kernels
