#pragma once
// SPDX-License-Identifier: MIT
// Batch normalisation on the GPU: one team per plane of a sample, then the planes' results joined.

#include <cmath>
#include <cstddef>

#include "odot/kernels/batch_norm/contract.hpp"
#include "odot/kernels/gpu/launch.hpp"
#include "odot/kernels/gpu/moments.hpp"

namespace odot::kernels {

namespace detail {

/// Moments of a plane: team c·N + n that of channel c of sample n.
template <class S, std::size_t C, std::size_t Plane>
struct PlaneMoments {
  struct Memory {
    double parts[gpu::team_parts];  // squares may leave the range of S
  };
  const S* x;
  std::size_t samples;
  Moments* moments;  // [C, N]

  template <class Team>
  ODOT_HOST_DEVICE void operator()(const Team& team, std::size_t index, Memory& memory) const {
    const S* values = x + (index % samples * C + index / samples) * Plane;
    gpu::plane_moments(team, Plane, [&](std::size_t i) { return values[i]; }, memory.parts, moments[index]);
  }
};

/// Σ dy and Σ dy x̂ of a plane.
template <class S, std::size_t C, std::size_t Plane>
struct PlaneProducts {
  using Sum = gpu::LongSum<S, Plane>;
  struct Memory {
    gpu::Pair<Sum> parts[gpu::team_parts];
  };
  const S *x, *dy, *mean, *rstd;
  std::size_t samples;
  gpu::Pair<Sum>* sums;  // [C, N]

  template <class Team>
  ODOT_HOST_DEVICE void operator()(const Team& team, std::size_t index, Memory& memory) const {
    const std::size_t c = index / samples, start = (index % samples * C + c) * Plane;
    gpu::reduce_all(
        team, Plane, gpu::Pair<Sum>{},
        [&](std::size_t i) {
          const S grad = dy[start + i];
          return gpu::Pair<Sum>{static_cast<Sum>(grad), static_cast<Sum>(grad * ((x[start + i] - mean[c]) * rstd[c]))};
        },
        gpu::Plus{}, memory.parts);
    team.each(1, [&](std::size_t) { sums[index] = memory.parts[0]; });
  }
};

}  // namespace detail

template <>
struct BatchNorm<Gpu> {
  template <class S, std::size_t C, std::size_t H, std::size_t W>
  static void forward_training(Workspace<Gpu>& workspace, const NormConstants& constants,
                               BatchView<Shape<C, H, W>, const S, Gpu> x, TensorView<Shape<C>, const S, Gpu> weight,
                               TensorView<Shape<C>, const S, Gpu> bias, TensorView<Shape<C>, S, Gpu> running_mean,
                               TensorView<Shape<C>, S, Gpu> running_var, TensorView<Shape<2, C>, S, Gpu> statistics,
                               BatchView<Shape<C, H, W>, S, Gpu> y) {
    auto frame = workspace.frame();
    auto* moments = frame.template take<Moments>(C * x.samples());
    gpu::launch_teams(C * x.samples(), detail::PlaneMoments<S, C, H * W>{x.data(), x.samples(), moments});
    gpu::join_moments(workspace, C, x.samples(), moments, constants, running_mean.data(), running_var.data(),
                      statistics.data());
    apply(x, weight, bias, static_cast<const S*>(statistics.data()), statistics.data() + C, y);
  }

  template <class S, std::size_t C, std::size_t H, std::size_t W>
  static void forward_evaluation(Workspace<Gpu>& workspace, const NormConstants& constants,
                                 BatchView<Shape<C, H, W>, const S, Gpu> x, TensorView<Shape<C>, const S, Gpu> weight,
                                 TensorView<Shape<C>, const S, Gpu> bias,
                                 TensorView<Shape<C>, const S, Gpu> running_mean,
                                 TensorView<Shape<C>, const S, Gpu> running_var, BatchView<Shape<C, H, W>, S, Gpu> y) {
    auto frame = workspace.frame();
    S* rstd = frame.template take<S>(C);
    gpu::rstd_of(C, running_var.data(), constants.eps, rstd);
    apply(x, weight, bias, running_mean.data(), rstd, y);
  }

  template <class S, std::size_t C, std::size_t H, std::size_t W>
  static void backward(Workspace<Gpu>& workspace, BatchView<Shape<C, H, W>, const S, Gpu> x,
                       TensorView<Shape<C>, const S, Gpu> weight, TensorView<Shape<2, C>, const S, Gpu> statistics,
                       BatchView<Shape<C, H, W>, const S, Gpu> dy, TensorView<Shape<C>, S, Gpu> dweight,
                       TensorView<Shape<C>, S, Gpu> dbias, BatchView<Shape<C, H, W>, S, Gpu> dx) {
    auto frame = workspace.frame();
    const S *mean = statistics.data(), *rstd = mean + C;
    // Phase 1: Σ dy and Σ dy x̂ of every channel.  y = γ x̂ + β
    auto* sums = frame.template take<gpu::Pair<gpu::LongSum<S, H * W>>>(C * x.samples());
    S* means = frame.template take<S>(2 * C);  // mean(dy), mean(dy x̂)
    gpu::launch_teams(C * x.samples(),
                      detail::PlaneProducts<S, C, H * W>{x.data(), dy.data(), mean, rstd, x.samples(), sums});
    gpu::add_norm_gradients(workspace, C, x.samples(), H * W, sums, dweight.data(), dbias.data(), means);
    if (!dx) return;
    // Phase 2: dx.  x̂ = (x − μ) / σ
    const S *in = x.data(), *grad = dy.data(), *gamma = weight.data();
    S* result = dx.data();
    gpu::for_each_index(x.size(), [=] ODOT_HOST_DEVICE(std::size_t i) {
      const std::size_t c = i / (H * W) % C;
      const S scale = (gamma ? gamma[c] : S{1}) * rstd[c];
      result[i] = scale * (grad[i] - means[c] - (in[i] - mean[c]) * (rstd[c] * means[C + c]));
    });
  }

  template <class S, std::size_t C, std::size_t H, std::size_t W>
  static void apply(BatchView<Shape<C, H, W>, const S, Gpu> x, TensorView<Shape<C>, const S, Gpu> weight,
                    TensorView<Shape<C>, const S, Gpu> bias, const S* mean, const S* rstd,
                    BatchView<Shape<C, H, W>, S, Gpu> y) {
    const S *in = x.data(), *gamma = weight.data(), *beta = bias.data();
    S* out = y.data();
    gpu::for_each_index(x.size(), [=] ODOT_HOST_DEVICE(std::size_t i) {
      const std::size_t c = i / (H * W) % C;
      out[i] = (in[i] - mean[c]) * ((gamma ? gamma[c] : S{1}) * rstd[c]) + (beta ? beta[c] : S{0});
    });
  }
};

static_assert(BatchNormKernel<BatchNorm<Gpu>, Gpu>);

}  // namespace odot::kernels
