#pragma once
// SPDX-License-Identifier: MIT
// Layer normalisation on the CPU, one sample after the other.

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

#include "odot/kernels/eigen.hpp"
#include "odot/kernels/layer_norm/layer_norm.hpp"
#include "odot/kernels/long_sum.hpp"
#include "odot/kernels/partials.hpp"

namespace odot::kernels {

template <>
struct LayerNorm<Cpu> {
  static constexpr std::size_t chunk_elements = 1 << 14;
  static constexpr std::size_t most_partials = 16;

  template <class S, std::size_t D>
  static void forward(Workspace<Cpu>& workspace, double eps, BatchView<Shape<D>, const S> x,
                      TensorView<Shape<D>, const S> weight, TensorView<Shape<D>, const S> bias,
                      BatchView<Shape<2>, S> statistics, BatchView<Shape<D>, S> y) {
    const Chunks chunks(x.samples(), samples_a_chunk<D>);
    parallel_for(workspace.threads(), chunks.count(), [&](std::size_t c, std::size_t) {
      for (std::size_t n = chunks.begin(c); n < chunks.end(c); ++n) {
        const auto values = array(x[n].data(), D);
        S mean = long_sum<D>(values) / static_cast<S>(D);
        S rstd = S{1} / std::sqrt(long_sum<D>((values - mean).square()) / static_cast<S>(D) + static_cast<S>(eps));
        if (!(rstd > 0)) [[unlikely]]
          std::tie(mean, rstd) = wide_statistics<D>(x[n].data(), eps);
        if (statistics) {
          statistics[n](0) = mean;
          statistics[n](1) = rstd;
        }
        auto out = array(y[n].data(), D);
        out = (values - mean) * rstd;
        if (weight) out = out * array(weight.data(), D) + array(bias.data(), D);
      }
    });
  }

  template <class S, std::size_t D>
  static void backward(Workspace<Cpu>& workspace, BatchView<Shape<D>, const S> x, TensorView<Shape<D>, const S> weight,
                       BatchView<Shape<2>, const S> statistics, BatchView<Shape<D>, const S> dy,
                       TensorView<Shape<D>, S> dweight, TensorView<Shape<D>, S> dbias, BatchView<Shape<D>, S> dx) {
    auto frame = workspace.frame();
    const Chunks chunks = Chunks::at_most(most_partials, x.samples(), samples_a_chunk<D>);
    const Partials<S> partials(frame, chunks.count(), 2 * D), stretches(frame, chunks.count(), 2 * D);
    parallel_for(workspace.threads(), chunks.count(), [&](std::size_t c, std::size_t) {
      sum_rows_in_stretches(chunks.begin(c), chunks.end(c), 2 * D, partials.start(c), stretches.start(c),
                            [&](std::size_t first, std::size_t last, S* sum) {
                              auto dscale = array(sum, D), dshift = array(sum + D, D);
                              for (std::size_t n = first; n < last; ++n) {
                                const S mean = statistics[n](0), rstd = statistics[n](1);
                                const auto grad = array(dy[n].data(), D);
                                const auto values = array(x[n].data(), D);
                                // y = γ x̂ + β
                                if (dweight) {
                                  dscale += grad * ((values - mean) * rstd);
                                  dshift += grad;
                                }
                                if (!dx) continue;
                                // x̂ = (x − μ) / √(σ² + eps)
                                if (weight)
                                  input_gradient<D>(values, grad * array(weight.data(), D), mean, rstd,
                                                    array(dx[n].data(), D));
                                else input_gradient<D>(values, grad, mean, rstd, array(dx[n].data(), D));
                              }
                            });
    });
    if (dweight) partials.add_to(workspace.threads(), dweight.data(), 0, D);
    if (dbias) partials.add_to(workspace.threads(), dbias.data(), D, D);
  }

 private:
  template <std::size_t D>
  static constexpr std::size_t samples_a_chunk = std::max<std::size_t>(chunk_elements / D, 1);

  /// Mean and 1/√(σ² + eps) where S can't hold the squares, or where a value is NaN or infinite.
  template <std::size_t D, class S>
  static std::pair<S, S> wide_statistics(const S* values, double eps) {
    const auto wide = array(values, D).template cast<double>();
    const double mean = long_sum<D>(wide) / D, variance = long_sum<D>((wide - mean).square()) / D;
    return {static_cast<S>(mean), static_cast<S>(1 / std::sqrt(variance + eps))};
  }

  template <std::size_t D, class S>
  static void input_gradient(const auto& x, const auto& g, S mean, S rstd, auto dx) {
    const S size = static_cast<S>(D);
    const S mean_g = long_sum<D>(g) / size, mean_gx = long_sum<D>(g * (x - mean)) * rstd / size;
    dx = (g - mean_g - (x - mean) * (rstd * mean_gx)) * rstd;
  }
};

}  // namespace odot::kernels
