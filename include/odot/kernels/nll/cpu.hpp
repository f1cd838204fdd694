#pragma once
// SPDX-License-Identifier: MIT
// Negative log-likelihood on the CPU. A few numbers a sample: one thread, in order.

#include <algorithm>
#include <cstdint>
#include <span>

#include "odot/kernels/nll/nll.hpp"

namespace odot::kernels {

template <>
struct NegativeLogLikelihood<Cpu> {
  template <class S, std::size_t K>
  static void evaluate(Workspace<Cpu>&, BatchView<Shape<K>, const S> y, std::span<const std::int32_t> labels, S scale,
                       BatchView<Shape<K>, S> dy, LossSums* sums) {
    for (std::size_t n = 0; n < y.samples(); ++n) {
      const auto row = y[n].span();
      const std::size_t label = checked_label("NegativeLogLikelihood", labels[n], n, K);
      sums->loss -= static_cast<double>(row[label]);
      sums->correct += is_largest(row.data(), K, label);
      if (dy) {
        std::fill_n(dy[n].data(), K, S{0});
        dy[n][label] = -scale;
      }
    }
    sums->samples += static_cast<std::int64_t>(y.samples());
  }
};

}  // namespace odot::kernels
