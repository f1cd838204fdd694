#pragma once
// SPDX-License-Identifier: MIT
// A gradient's summary on the CPU.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "odot/core/parallel.hpp"
#include "odot/kernels/simd.hpp"
#include "odot/kernels/summary/summary.hpp"

namespace odot::kernels {

template <>
struct Summary<Cpu> {
  static constexpr std::size_t chunk_size = 1 << 14;  // numbers

  template <class S>
  static void evaluate(Workspace<Cpu>& workspace, std::span<const S> watched, std::span<const S> all, S largest,
                       GradientSummary* summary) {
    summary->sum = sum_of(watched);
    auto frame = workspace.frame();
    const Chunks chunks(all.size(), chunk_size);
    auto* beyond = frame.template take<std::int64_t>(chunks.count());
    parallel_for(workspace.threads(), chunks.count(), [&](std::size_t c, std::size_t) {
      const std::span<const S> values = all.subspan(chunks.begin(c), chunks.size(c));
      beyond[c] = all_within(values, largest) ? 0 : std::ranges::count_if(values, [=](S value) {
        return !(std::abs(value) <= largest && std::isfinite(value));
      });
    });
    summary->beyond = 0;
    for (std::size_t c = 0; c < chunks.count(); ++c) summary->beyond += beyond[c];
  }

 private:
  /// Eight sums side by side, so that no addition waits for the one before; then they are added up.
  template <class S>
  static double sum_of(std::span<const S> values) {
    constexpr std::size_t width = 8;
    const std::size_t whole = values.size() / width * width;
    double sums[width] = {}, sum = 0;
    for (std::size_t i = 0; i < whole; i += width)
      for (std::size_t k = 0; k < width; ++k) sums[k] += static_cast<double>(values[i + k]);
    for (std::size_t i = whole; i < values.size(); ++i) sum += static_cast<double>(values[i]);
    for (const double part : sums) sum += part;
    return sum;
  }

  template <class S>
  static bool all_within(std::span<const S> values, S largest) {
    constexpr std::size_t L = simd::lanes<S>;
    const std::size_t whole = values.size() / L * L;
    auto most = simd::all(S{0}), zeros = most;  // x · 0 is NaN where x is not finite
    for (std::size_t i = 0; i < whole; i += L) {
      const auto x = simd::load(values.data() + i);
      most = simd::larger(most, simd::abs(x));
      zeros = simd::multiply_add(x, simd::all(S{0}), zeros);
    }
    bool within = simd::largest(most) <= largest && simd::sum(zeros) == S{0};
    for (std::size_t i = whole; i < values.size(); ++i)
      within = within && std::abs(values[i]) <= largest && std::isfinite(values[i]);
    return within;
  }
};

}  // namespace odot::kernels
