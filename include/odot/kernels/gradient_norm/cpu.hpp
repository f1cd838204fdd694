#pragma once
// SPDX-License-Identifier: MIT
// The norm of a gradient on the CPU.

#include <cmath>
#include <cstddef>

#include "odot/core/parallel.hpp"
#include "odot/kernels/eigen.hpp"
#include "odot/kernels/gradient_norm/gradient_norm.hpp"

namespace odot::kernels {

template <>
struct GradientNorm<Cpu> {
  static constexpr std::size_t chunk_size = 1 << 14;  // elements

  template <class S>
  static void measure(Workspace<Cpu>& workspace, std::span<const S> gradient, double* norm) {
    auto frame = workspace.frame();
    const Chunks chunks(gradient.size(), chunk_size);
    double* squares = frame.take<double>(chunks.count());
    parallel_for(workspace.threads(), chunks.count(), [&](std::size_t c, std::size_t) {
      squares[c] = array(gradient.data() + chunks.begin(c), chunks.size(c)).template cast<double>().square().sum();
    });
    double sum = 0;
    for (std::size_t c = 0; c < chunks.count(); ++c) sum += squares[c];
    *norm = std::sqrt(sum);
  }

  template <class S>
  static void clip(Workspace<Cpu>& workspace, double max_norm, const double* norm, std::span<S> gradient) {
    const double factor = max_norm / (*norm + 1e-6);
    if (factor >= 1) return;
    const Chunks chunks(gradient.size(), chunk_size);
    parallel_for(workspace.threads(), chunks.count(), [&](std::size_t c, std::size_t) {
      array(gradient.data() + chunks.begin(c), chunks.size(c)) *= static_cast<S>(factor);
    });
  }
};

}  // namespace odot::kernels
