#pragma once
// SPDX-License-Identifier: MIT
// The mean over tokens on the CPU.

#include <algorithm>
#include <cstdint>

#include "odot/core/parallel.hpp"
#include "odot/kernels/eigen.hpp"
#include "odot/kernels/lengths/lengths.hpp"
#include "odot/kernels/long_sum.hpp"
#include "odot/kernels/mean_tokens/mean_tokens.hpp"

namespace odot::kernels {

template <>
struct MeanTokens<Cpu> {
  static constexpr std::size_t chunk_elements = 1 << 14;

  template <class S, std::size_t L, std::size_t D>
  static void forward(Workspace<Cpu>& workspace, BatchView<Shape<L, D>, const S> x, const std::int32_t* lengths,
                      BatchView<Shape<D>, S> y) {
    auto frame = workspace.frame();
    const Chunks chunks(x.samples(), chunk_elements / (L * D));
    double* totals = L > sum_stretch ? frame.take<double>(chunks.count() * D) : nullptr;
    parallel_for(workspace.threads(), chunks.count(), [&](std::size_t c, std::size_t) {
      for (std::size_t n = chunks.begin(c); n < chunks.end(c); ++n) {
        const std::size_t valid = valid_tokens(lengths, n, L);
        const S* tokens = x[n].data();
        auto mean = array(y[n].data(), D);
        if (valid <= sum_stretch) {
          add_tokens(tokens, valid, mean);
        } else {
          auto total = array(totals + c * D, D);
          total.setZero();
          for (std::size_t l = 0; l < valid; l += sum_stretch) {
            add_tokens(tokens + l * D, (std::min)(sum_stretch, valid - l), mean);
            total += mean.template cast<double>();
          }
          mean = (total / static_cast<double>(valid)).template cast<S>();
          continue;
        }
        if (valid > 0) mean *= S{1} / static_cast<S>(valid);
      }
    });
  }

  template <class S, std::size_t L, std::size_t D>
  static void backward(Workspace<Cpu>& workspace, BatchView<Shape<D>, const S> dy, const std::int32_t* lengths,
                       BatchView<Shape<L, D>, S> dx) {
    if (!dx) return;
    const Chunks chunks(dx.samples(), chunk_elements / (L * D));
    parallel_for(workspace.threads(), chunks.count(), [&](std::size_t c, std::size_t) {
      for (std::size_t n = chunks.begin(c); n < chunks.end(c); ++n) {
        const std::size_t valid = valid_tokens(lengths, n, L);
        // y = Σ_l x[l] / valid
        for (std::size_t l = 0; l < valid; ++l)
          array(dx[n].data() + l * D, D) = array(dy[n].data(), D) * (S{1} / static_cast<S>(valid));
        std::fill_n(dx[n].data() + valid * D, (L - valid) * D, S{0});
      }
    });
  }

 private:
  /// sum = Σ of `count` tokens, four at a time.
  template <class S>
  static void add_tokens(const S* tokens, std::size_t count, auto sum) {
    const auto D = static_cast<std::size_t>(sum.size());
    const auto token = [&](std::size_t l) { return array(tokens + l * D, D); };
    sum.setZero();
    std::size_t l = 0;
    for (; l + 4 <= count; l += 4) sum += (token(l) + token(l + 1)) + (token(l + 2) + token(l + 3));
    for (; l < count; ++l) sum += token(l);
  }
};

}  // namespace odot::kernels
