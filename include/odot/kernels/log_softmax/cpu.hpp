#pragma once
// SPDX-License-Identifier: MIT
// Log-softmax on the CPU.

#include <cmath>

#include "odot/kernels/eigen.hpp"
#include "odot/kernels/log_softmax/log_softmax.hpp"
#include "odot/kernels/long_sum.hpp"

namespace odot::kernels {

template <>
struct LogSoftmax<Cpu> {
  static constexpr std::size_t chunk_size = 256;  // samples

  template <class S, std::size_t K>
  static void forward(Workspace<Cpu>& workspace, BatchView<Shape<K>, const S> x, BatchView<Shape<K>, S> y) {
    const Chunks chunks(x.samples(), chunk_size);
    parallel_for(workspace.threads(), chunks.count(), [&](std::size_t c, std::size_t) {
      for (std::size_t n = chunks.begin(c); n < chunks.end(c); ++n) {
        const auto logits = array(x[n].data(), K);
        const S largest = logits.maxCoeff();
        const S log_sum = std::log(long_sum<K>((logits - largest).exp()));
        array(y[n].data(), K) = (logits - largest) - log_sum;
      }
    });
  }

  template <class S, std::size_t K>
  static void backward(Workspace<Cpu>& workspace, BatchView<Shape<K>, const S> y, BatchView<Shape<K>, const S> dy,
                       BatchView<Shape<K>, S> dx) {
    if (!dx) return;
    const Chunks chunks(y.samples(), chunk_size);
    parallel_for(workspace.threads(), chunks.count(), [&](std::size_t c, std::size_t) {
      for (std::size_t n = chunks.begin(c); n < chunks.end(c); ++n) {
        const auto grad = array(dy[n].data(), K);
        // y_k = x_k − log Σⱼ exp(xⱼ)
        array(dx[n].data(), K) = grad - array(y[n].data(), K).exp() * long_sum<K>(grad);
      }
    });
  }
};

}  // namespace odot::kernels
