#pragma once
// SPDX-License-Identifier: MIT
// The losses of regression on the CPU.

#include <cstddef>
#include <cstdint>
#include <span>

#include "odot/core/parallel.hpp"
#include "odot/kernels/eigen.hpp"
#include "odot/kernels/regression_loss/regression_loss.hpp"

namespace odot::kernels {

template <>
struct RegressionLoss<Cpu> {
  static constexpr std::size_t chunk_elements = 1 << 14;

  template <ShapeType Sh, class S>
  static void evaluate(Workspace<Cpu>& workspace, Deviation deviation, BatchView<Sh, const S> y,
                       std::span<const S> targets, S scale, BatchView<Sh, S> dy, LossSums* sums) {
    auto frame = workspace.frame();
    const Chunks chunks(y.samples(), chunk_elements / Sh::size);
    double* losses = frame.take<double>(chunks.count());
    parallel_for(workspace.threads(), chunks.count(), [&](std::size_t c, std::size_t) {
      double loss = 0;
      for (std::size_t n = chunks.begin(c); n < chunks.end(c); ++n)
        loss += sample(deviation, array(y[n].data(), Sh::size) - array(targets.data() + n * Sh::size, Sh::size),
                       scale / static_cast<S>(Sh::size), dy ? dy[n].data() : nullptr);
      losses[c] = loss;
    });
    for (std::size_t c = 0; c < chunks.count(); ++c) sums->loss += losses[c] / static_cast<double>(Sh::size);
    sums->samples += static_cast<std::int64_t>(y.samples());
  }

 private:
  /// Sum over one sample's differences; fills its gradient where dy is not null.
  template <class S>
  static double sample(Deviation deviation, const auto& difference, S scale, S* dy) {
    auto gradient = array(dy, dy ? static_cast<std::size_t>(difference.size()) : 0);
    if (deviation == Deviation::squared) {
      if (dy) gradient = difference * (S{2} * scale);
      return difference.template cast<double>().square().sum();
    }
    // sign(d): NaN stays NaN
    if (dy) gradient = (difference > S{0}).select(scale, (difference < S{0}).select(-scale, difference * scale));
    return difference.template cast<double>().abs().sum();
  }
};

}  // namespace odot::kernels
