#pragma once
// SPDX-License-Identifier: MIT
// Layer normalisation on the GPU: a team takes some samples, each of its warps reduces one.

#include <cmath>
#include <cstddef>

#include "odot/kernels/gpu/launch.hpp"
#include "odot/kernels/gpu/moments.hpp"
#include "odot/kernels/layer_norm/layer_norm.hpp"

namespace odot::kernels {

namespace detail {

inline constexpr std::size_t layer_norm_rows = 8;  // samples a team

/// Mean, 1/σ and output of samples index · layer_norm_rows and following.
template <class S, std::size_t D>
struct LayerNormForward {
  struct Memory {
    S mean[layer_norm_rows], rstd[layer_norm_rows];
  };
  const S *x, *weight, *bias;  // weight and bias may be null
  std::size_t samples;
  double eps;
  S *statistics, *y;  // statistics may be null

  template <class Team>
  ODOT_HOST_DEVICE void operator()(const Team& team, std::size_t index, Memory& memory) const {
    const std::size_t first = index * layer_norm_rows;
    const std::size_t rows = samples - first < layer_norm_rows ? samples - first : layer_norm_rows;
    const S* in = x + first * D;
    team.reduce(
        rows, D, gpu::LongSum<S, D>{0},
        [&](std::size_t row, std::size_t d) { return static_cast<gpu::LongSum<S, D>>(in[row * D + d]); }, gpu::Plus{},
        [&](std::size_t row, gpu::LongSum<S, D> sum) {
          memory.mean[row] = static_cast<S>(sum / static_cast<gpu::LongSum<S, D>>(D));
        });
    team.reduce(  // squares may leave the range of S
        rows, D, 0.0,
        [&](std::size_t row, std::size_t d) {
          const auto deviation = static_cast<double>(in[row * D + d] - memory.mean[row]);
          return deviation * deviation;
        },
        gpu::Plus{},
        [&](std::size_t row, double sum) {
          memory.rstd[row] = static_cast<S>(1 / std::sqrt(sum / static_cast<double>(D) + eps));
        });
    team.each(rows * D, [&](std::size_t i) {
      const S standard = (in[i] - memory.mean[i / D]) * memory.rstd[i / D];
      y[first * D + i] = weight ? standard * weight[i % D] + bias[i % D] : standard;
    });
    team.each(statistics ? rows : 0, [&](std::size_t row) {
      statistics[2 * (first + row)] = memory.mean[row];
      statistics[2 * (first + row) + 1] = memory.rstd[row];
    });
  }
};

/// dx of the same samples.
template <class S, std::size_t D>
struct LayerNormBackward {
  struct Memory {
    gpu::Pair<S> means[layer_norm_rows];  // of g and g x̂
  };
  const S *x, *weight, *statistics, *dy;  // weight may be null
  std::size_t samples;
  S* dx;

  template <class Team>
  ODOT_HOST_DEVICE void operator()(const Team& team, std::size_t index, Memory& memory) const {
    const std::size_t first = index * layer_norm_rows;
    const std::size_t rows = samples - first < layer_norm_rows ? samples - first : layer_norm_rows;
    using Sum = gpu::LongSum<S, D>;
    team.reduce(
        rows, D, gpu::Pair<Sum>{},
        [&](std::size_t row, std::size_t d) {
          const S g = grad(first + row, d);
          return gpu::Pair<Sum>{static_cast<Sum>(g), static_cast<Sum>(g * standard(first + row, d))};
        },
        gpu::Plus{},
        [&](std::size_t row, const gpu::Pair<Sum>& sums) {
          memory.means[row] = {static_cast<S>(sums.first / static_cast<Sum>(D)),
                               static_cast<S>(sums.second / static_cast<Sum>(D))};
        });
    // x̂ = (x − μ) / √(σ² + eps)
    team.each(rows * D, [&](std::size_t i) {
      const std::size_t n = first + i / D, d = i % D;
      const gpu::Pair<S> mean = memory.means[i / D];
      dx[n * D + d] = (grad(n, d) - mean.first - standard(n, d) * mean.second) * statistics[2 * n + 1];
    });
  }

  /// g = γ ⊙ dy
  ODOT_HOST_DEVICE S grad(std::size_t n, std::size_t d) const {
    return weight ? dy[n * D + d] * weight[d] : dy[n * D + d];
  }
  ODOT_HOST_DEVICE S standard(std::size_t n, std::size_t d) const {
    return (x[n * D + d] - statistics[2 * n]) * statistics[2 * n + 1];
  }
};

}  // namespace detail

template <>
struct LayerNorm<Gpu> {
  template <class S, std::size_t D>
  static void forward(Workspace<Gpu>&, double eps, BatchView<Shape<D>, const S, Gpu> x,
                      TensorView<Shape<D>, const S, Gpu> weight, TensorView<Shape<D>, const S, Gpu> bias,
                      BatchView<Shape<2>, S, Gpu> statistics, BatchView<Shape<D>, S, Gpu> y) {
    gpu::launch_teams(teams(x.samples()),
                      detail::LayerNormForward<S, D>{x.data(), weight.data(), bias.data(), x.samples(), eps,
                                                     statistics.data(), y.data()});
  }

  template <class S, std::size_t D>
  static void backward(Workspace<Gpu>& workspace, BatchView<Shape<D>, const S, Gpu> x,
                       TensorView<Shape<D>, const S, Gpu> weight, BatchView<Shape<2>, const S, Gpu> statistics,
                       BatchView<Shape<D>, const S, Gpu> dy, TensorView<Shape<D>, S, Gpu> dweight,
                       TensorView<Shape<D>, S, Gpu> dbias, BatchView<Shape<D>, S, Gpu> dx) {
    // y = γ x̂ + β; before dx, which may be dy's memory
    if (dweight) add_affine_gradients<S, D>(workspace, x.data(), statistics.data(), dy, dweight.data(), dbias.data());
    if (dx)
      gpu::launch_teams(teams(x.samples()), detail::LayerNormBackward<S, D>{x.data(), weight.data(), statistics.data(),
                                                                            dy.data(), x.samples(), dx.data()});
  }

  /// dγ += Σₙ dy x̂,  dβ += Σₙ dy
  template <class S, std::size_t D>
  static void add_affine_gradients(Workspace<Gpu>& workspace, const S* x, const S* statistics,
                                   BatchView<Shape<D>, const S, Gpu> dy, S* dscale, S* dshift) {
    const S* grad = dy.data();
    gpu::reduce_columns(
        workspace, dy.samples(), D, gpu::Pair<double>{},
        [=] ODOT_HOST_DEVICE(std::size_t n, std::size_t d) {
          const S g = grad[n * D + d], standard = (x[n * D + d] - statistics[2 * n]) * statistics[2 * n + 1];
          return gpu::Pair<double>{static_cast<double>(g), static_cast<double>(g * standard)};
        },
        gpu::Plus{},
        [=] ODOT_HOST_DEVICE(std::size_t d, const gpu::Pair<double>& sums) {
          dshift[d] += static_cast<S>(sums.first);
          dscale[d] += static_cast<S>(sums.second);
        });
  }

  static constexpr std::size_t teams(std::size_t samples) {
    return (samples + detail::layer_norm_rows - 1) / detail::layer_norm_rows;
  }
};

}  // namespace odot::kernels
