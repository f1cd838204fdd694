#pragma once
// SPDX-License-Identifier: MIT
// Layer normalisation on the CPU, a sample at a time.

#include <algorithm>
#include <cmath>
#include <limits>

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
        const auto size = static_cast<double>(D);
        S mean = static_cast<S>(long_sum(values) / size);
        double variance = long_sum((values - mean).square()) / size;
        if (!(variance <= std::numeric_limits<double>::max())) {  // squares that S can't hold, or no numbers
          const auto wide = values.template cast<double>();
          const double wide_mean = wide.sum() / size;
          mean = static_cast<S>(wide_mean);
          variance = (wide - wide_mean).square().sum() / size;
        }
        const S rstd = static_cast<S>(1 / std::sqrt(variance + eps));
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
                                  input_gradient(values, grad * array(weight.data(), D), mean, rstd,
                                                 array(dx[n].data(), D));
                                else input_gradient(values, grad, mean, rstd, array(dx[n].data(), D));
                              }
                            });
    });
    if (dweight) partials.add_to(workspace.threads(), dweight.data(), 0, D);
    if (dbias) partials.add_to(workspace.threads(), dbias.data(), D, D);
  }

 private:
  template <std::size_t D>
  static constexpr std::size_t samples_a_chunk = std::max<std::size_t>(chunk_elements / D, 1);

  template <class S>
  static void input_gradient(const auto& x, const auto& g, S mean, S rstd, auto dx) {
    const auto size = static_cast<double>(dx.size());
    const S mean_g = static_cast<S>(long_sum(g) / size),
            mean_gx = static_cast<S>(long_sum(g * (x - mean)) * static_cast<double>(rstd) / size);
    dx = (g - mean_g - (x - mean) * (rstd * mean_gx)) * rstd;
  }
};

}  // namespace odot::kernels
