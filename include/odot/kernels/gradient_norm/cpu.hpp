#pragma once
// SPDX-License-Identifier: MIT
// The norm of a gradient on the CPU.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <type_traits>

#include "odot/core/parallel.hpp"
#include "odot/kernels/eigen.hpp"
#include "odot/kernels/gradient_norm/gradient_norm.hpp"

namespace odot::kernels {

template <>
struct GradientNorm<Cpu> {
  static constexpr std::size_t chunk_size = 1 << 14;  // elements

  template <class S>
  static void measure(Workspace<Cpu>& workspace, std::span<const S> gradient, double* norm) {
    const double sum = sum_of_squares(workspace, gradient, 1.0);
    *norm = std::sqrt(sum);
    if constexpr (std::is_same_v<S, double>) {
      // Far from these bounds no square has overflowed, and those that vanished are too small to count.
      if (sum > 1e-280 && sum < 1e300) return;
      const double largest = gradient.empty() ? 0.0 : array(gradient.data(), gradient.size()).abs().maxCoeff();
      if (largest > 0 && largest - largest == 0)
        *norm = largest * std::sqrt(sum_of_squares(workspace, gradient, largest));
    }
  }

  template <class S>
  static void clip(Workspace<Cpu>& workspace, double max_norm, const double* norm, std::span<S> gradient) {
    const double factor = detail::clipping_factor(max_norm, *norm);
    if (factor == 1) return;
    const Chunks chunks(gradient.size(), chunk_size);
    parallel_for(workspace.threads(), chunks.count(), [&](std::size_t c, std::size_t) {
      auto part = array(gradient.data() + chunks.begin(c), chunks.size(c));
      part = (part.template cast<double>() * factor).template cast<S>();
    });
  }

 private:
  /// Σ (g/unit)²
  template <class S>
  static double sum_of_squares(Workspace<Cpu>& workspace, std::span<const S> gradient, double unit) {
    auto frame = workspace.frame();
    const Chunks chunks(gradient.size(), chunk_size);
    double* squares = frame.take<double>(chunks.count());
    parallel_for(workspace.threads(), chunks.count(), [&](std::size_t c, std::size_t) {
      const auto part = array(gradient.data() + chunks.begin(c), chunks.size(c)).template cast<double>();
      squares[c] = unit == 1 ? part.square().sum() : (part / unit).square().sum();
    });
    double sum = 0;
    for (std::size_t c = 0; c < chunks.count(); ++c) sum += squares[c];
    return sum;
  }
};

}  // namespace odot::kernels
