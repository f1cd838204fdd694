#pragma once
// SPDX-License-Identifier: MIT
// Layer normalisation.

#include <cstddef>
#include <type_traits>

#include "odot/core/view.hpp"
#include "odot/kernels/parallel/contract.hpp"
#include "odot/kernels/parallel/terms.hpp"
#include "odot/kernels/row_norm.hpp"
#include "odot/kernels/row_statistics.hpp"

namespace odot::kernels {

namespace detail {

template <class S, std::size_t D>
struct LayerNormForward {
  double eps;
  const S *x, *weight, *bias;  // weight and bias may be null
  S *statistics, *y;           // statistics may be null

  template <class Row>
  ODOT_HOST_DEVICE void operator()(const Row& row) const {
    with_row_statistics<D>(row, x, eps, [&](const RowStatistics<S>& of_row, const auto& deviation) {
      if (statistics)
        row.once([&] {
          statistics[2 * row.index] = of_row.mean;
          statistics[2 * row.index + 1] = of_row.rstd;
        });
      if (weight)
        row.each([&](const auto& run) {
          run.store_with_prefetch(
              y, (deviation(run) * of_row.rstd + of_row.rest) * run.load_column(weight) + run.load_column(bias));
        });
      else row.each([&](const auto& run) { run.store(y, deviation(run) * of_row.rstd + of_row.rest); });
    });
  }
};

/// dx; a row is a sample.
template <class S, std::size_t D>
struct LayerNormInputGradient {
  const S *x, *statistics;
  ScaledGradient<S> grad;
  S* dx;

  struct Statistics {
    S mean, rstd;
  };
  ODOT_HOST_DEVICE Statistics of_row(std::size_t row) const { return {statistics[2 * row], statistics[2 * row + 1]}; }
  template <class Run>
  ODOT_HOST_DEVICE auto normalised(const Run& run, const Statistics& sample) const {
    return (run.load(x) - sample.mean) * sample.rstd;
  }

  template <class Row>
  ODOT_HOST_DEVICE void operator()(const Row& row) const {
    const Statistics sample = of_row(row.index);
    const S mean = sample.mean, rstd = sample.rstd;
    const auto sums = row.sums([&](const auto& run) {
      const auto g = grad(run);
      return terms(g, g * (run.load(x) - mean));
    });
    const S size = static_cast<S>(D), mean_grad = sums[0] / size, mean_product = sums[1] * rstd / size;
    // x̂ = (x − μ) / √(σ² + eps)
    row.each([&](const auto& run) {
      run.store(dx, (grad(run) - mean_grad - (run.load(x) - mean) * (rstd * mean_product)) * rstd);
    });
  }
};

}  // namespace detail

/// x̂ = (x − μ_n) / √(σ²_n + eps),  y_d = γ_d x̂_d + β_d; μ and σ² (biased) of each sample's D numbers.
/// Shapes  x [N, D], weight γ and bias β [D] (optional, both or none) → y [N, D]; y may be x's memory
///         statistics [N, 2] (optional in forward): μ and 1/√(σ² + eps), for backward
/// Grad    g = γ ⊙ dy:  dx = (g − mean(g) − x̂ mean(g x̂)) / √(σ² + eps) (overwritten; optional; may be dy's memory);
///         dγ += Σₙ dy x̂,  dβ += Σₙ dy (added; optional, both or none)
template <class Device>
struct LayerNorm {
  template <class S, std::size_t D>
  static void forward(Workspace<Device>& workspace, double eps, BatchView<Shape<D>, const S, Device> x,
                      TensorView<Shape<D>, const S, Device> weight, TensorView<Shape<D>, const S, Device> bias,
                      BatchView<Shape<2>, S, Device> statistics, BatchView<Shape<D>, S, Device> y) {
    Parallel<Device>::template each_row<S>(
        workspace, x.samples(), std::integral_constant<std::size_t, D>{},
        detail::LayerNormForward<S, D>{detail::eps_of<S>(eps), x.data(), weight.data(), bias.data(), statistics.data(),
                                       y.data()});
  }

  template <class S, std::size_t D>
  static void backward(Workspace<Device>& workspace, BatchView<Shape<D>, const S, Device> x,
                       TensorView<Shape<D>, const S, Device> weight, BatchView<Shape<2>, const S, Device> statistics,
                       BatchView<Shape<D>, const S, Device> dy, TensorView<Shape<D>, S, Device> dweight,
                       TensorView<Shape<D>, S, Device> dbias, BatchView<Shape<D>, S, Device> dx) {
    const detail::LayerNormInputGradient<S, D> input{
        x.data(), statistics.data(), {dy.data(), weight.data()}, dx.data()};
    detail::row_norm_backward<true, D>(workspace, x.samples(), input, dweight.data(), dbias.data());
  }
};

}  // namespace odot::kernels
