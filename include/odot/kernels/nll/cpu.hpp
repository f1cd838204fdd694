#pragma once
// SPDX-License-Identifier: MIT
// Negative log-likelihood on the CPU. A few numbers a sample: one thread, in order.

#include <algorithm>
#include <span>
#include <string>

#include "odot/core/error.hpp"
#include "odot/kernels/nll/nll.hpp"

namespace odot::kernels {

template <>
struct NegativeLogLikelihood<Cpu> {
  template <class S, std::size_t K>
  static void evaluate(Workspace<Cpu>&, BatchView<Shape<K>, const S> y, std::span<const std::int32_t> labels, S scale,
                       BatchView<Shape<K>, S> dy, LossSums* sums) {
    for (std::size_t n = 0; n < y.samples(); ++n) {
      const auto row = y[n].span();
      const auto label = static_cast<std::size_t>(checked<K>(labels[n], n));
      sums->loss -= static_cast<double>(row[label]);
      const auto largest = static_cast<std::size_t>(std::max_element(row.begin(), row.end()) - row.begin());
      sums->correct += largest == label;
      if (dy) {
        std::fill_n(dy[n].data(), K, S{0});
        dy[n][label] = -scale;
      }
    }
    sums->samples += static_cast<std::int64_t>(y.samples());
  }

 private:
  template <std::size_t K>
  static std::int32_t checked(std::int32_t label, std::size_t n) {
    if (label < 0 || label >= static_cast<std::int32_t>(K))
      throw ArgumentError("odot::NegativeLogLikelihood: label of sample " + std::to_string(n) + ": expected 0 to " +
                          std::to_string(K - 1) + ", found " + std::to_string(label));
    return label;
  }
};

}  // namespace odot::kernels
