#pragma once
// SPDX-License-Identifier: MIT
// Log-softmax on the GPU: one thread per sample.

#include <cmath>

#include "odot/kernels/gpu/launch.hpp"
#include "odot/kernels/log_softmax/log_softmax.hpp"

namespace odot::kernels {

template <>
struct LogSoftmax<Gpu> {
  template <class S, std::size_t K>
  static void forward(Workspace<Gpu>&, BatchView<Shape<K>, const S, Gpu> x, BatchView<Shape<K>, S, Gpu> y) {
    const S* in = x.data();
    S* out = y.data();
    gpu::for_each_thread(x.samples(), [=] ODOT_HOST_DEVICE(std::size_t n) {
      const S* logits = in + n * K;
      S largest = logits[0];
      gpu::LongSum<S, K> sum{0};
      for (std::size_t k = 1; k < K; ++k) largest = gpu::Maximum()(largest, logits[k]);
      for (std::size_t k = 0; k < K; ++k) sum += std::exp(logits[k] - largest);
      const S log_sum = static_cast<S>(std::log(sum));
      for (std::size_t k = 0; k < K; ++k) out[n * K + k] = logits[k] - largest - log_sum;
    });
  }

  template <class S, std::size_t K>
  static void backward(Workspace<Gpu>&, BatchView<Shape<K>, const S, Gpu> y, BatchView<Shape<K>, const S, Gpu> dy,
                       BatchView<Shape<K>, S, Gpu> dx) {
    if (!dx) return;
    const S *out = y.data(), *grad = dy.data();
    S* result = dx.data();
    gpu::for_each_thread(y.samples(), [=] ODOT_HOST_DEVICE(std::size_t n) {
      gpu::LongSum<S, K> total{0};
      for (std::size_t k = 0; k < K; ++k) total += grad[n * K + k];
      const S sum = static_cast<S>(total);
      // y_k = x_k − log Σⱼ exp(xⱼ)
      for (std::size_t k = 0; k < K; ++k) result[n * K + k] = grad[n * K + k] - std::exp(out[n * K + k]) * sum;
    });
  }
};

}  // namespace odot::kernels
