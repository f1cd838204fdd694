#pragma once
// SPDX-License-Identifier: MIT
// The softmax cross-entropy on the CPU.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

#include "odot/core/parallel.hpp"
#include "odot/kernels/cross_entropy/cross_entropy.hpp"
#include "odot/kernels/eigen.hpp"
#include "odot/kernels/long_sum.hpp"

namespace odot::kernels {

template <>
struct CrossEntropy<Cpu> {
  static constexpr std::size_t chunk_size = 256;  // samples

  template <class S, std::size_t K>
  static void evaluate(Workspace<Cpu>& workspace, BatchView<Shape<K>, const S> y, std::span<const std::int32_t> labels,
                       S scale, BatchView<Shape<K>, S> dy, LossSums* sums) {
    for (std::size_t n = 0; n < y.samples(); ++n) checked_label("CrossEntropy", labels[n], n, K);
    auto frame = workspace.frame();
    const Chunks chunks(y.samples(), chunk_size);
    auto* parts = frame.take<LossSums>(chunks.count());
    S* scratch = dy ? nullptr : frame.take<S>(chunks.count() * K);
    parallel_for(workspace.threads(), chunks.count(), [&](std::size_t c, std::size_t) {
      parts[c] = {};
      for (std::size_t n = chunks.begin(c); n < chunks.end(c); ++n) {
        const auto label = static_cast<std::size_t>(labels[n]);
        const auto logits = array(y[n].data(), K);
        auto terms = array(dy ? dy[n].data() : scratch + c * K, K);
        const S largest = logits.maxCoeff();
        terms = (logits - largest).exp();
        const S sum = long_sum<K>(terms);
        // ℓ = log Σ exp(y − m) − (y_label − m)
        parts[c].loss += static_cast<double>(std::log(sum) - (y[n][label] - largest));
        parts[c].correct += is_largest(y[n].data(), K, label);
        if (!dy) continue;
        terms *= scale / sum;
        dy[n][label] -= scale;
      }
    });
    for (std::size_t c = 0; c < chunks.count(); ++c) {
      sums->loss += parts[c].loss;
      sums->correct += parts[c].correct;
    }
    sums->samples += static_cast<std::int64_t>(y.samples());
  }
};

}  // namespace odot::kernels
