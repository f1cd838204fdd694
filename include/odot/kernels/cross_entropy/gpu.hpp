#pragma once
// SPDX-License-Identifier: MIT
// The softmax cross-entropy on the GPU: one thread per sample.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

#include "odot/kernels/cross_entropy/cross_entropy.hpp"
#include "odot/kernels/gpu/launch.hpp"
#include "odot/kernels/gpu/loss_part.hpp"

namespace odot::kernels {

template <>
struct CrossEntropy<Gpu> {
  /// Of one sample's logits: the largest one, and Σ exp(y − largest).
  template <std::size_t K, class S>
  struct Softmax {
    ODOT_HOST_DEVICE explicit Softmax(const S* row) : largest(row[0]) {
      for (std::size_t k = 1; k < K; ++k) largest = gpu::Maximum()(largest, row[k]);
      gpu::LongSum<S, K> total = 0;
      for (std::size_t k = 0; k < K; ++k) total += std::exp(row[k] - largest);
      sum = static_cast<S>(total);
    }
    S largest, sum;
  };

  template <class S, std::size_t K>
  static void evaluate(Workspace<Gpu>& workspace, BatchView<Shape<K>, const S, Gpu> y,
                       std::span<const std::int32_t> labels, S scale, BatchView<Shape<K>, S, Gpu> dy, LossSums* sums) {
    const S* logits = y.data();
    S* grad = dy.data();
    const std::int32_t* label = labels.data();
    gpu::reduce_rows(
        workspace, 1, y.samples(), gpu::LossPart{},
        [=] ODOT_HOST_DEVICE(std::size_t, std::size_t n) { return part<K>(logits + n * K, label[n]); }, gpu::Plus{},
        gpu::AddLosses{sums, static_cast<std::int64_t>(y.samples())});
    if (!dy) return;
    gpu::for_each_thread(y.samples(), [=] ODOT_HOST_DEVICE(std::size_t n) {
      const S* row = logits + n * K;
      const Softmax<K, S> softmax(row);
      for (std::size_t k = 0; k < K; ++k)
        grad[n * K + k] = std::exp(row[k] - softmax.largest) * (scale / softmax.sum) -
                          (static_cast<std::int32_t>(k) == label[n] ? scale : S{0});
    });
  }

  /// ℓ = log Σ exp(y − m) − (y_label − m); NaN where there is no such output.
  template <std::size_t K, class S>
  static ODOT_HOST_DEVICE gpu::LossPart part(const S* row, std::int32_t label) {
    if (label < 0 || label >= static_cast<std::int32_t>(K)) return {std::numeric_limits<double>::quiet_NaN(), 0};
    const Softmax<K, S> softmax(row);
    return {static_cast<double>(std::log(softmax.sum) - (row[label] - softmax.largest)),
            is_largest(row, K, static_cast<std::size_t>(label))};
  }
};

}  // namespace odot::kernels
