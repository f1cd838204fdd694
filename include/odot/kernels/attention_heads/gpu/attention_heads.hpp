#pragma once
// SPDX-License-Identifier: MIT
// The heads of an attention-wise layer on the GPU. No map is kept: each is computed again from its softmax normalisers.

#include <cstddef>

#include "odot/kernels/attention_heads/contract.hpp"
#include "odot/kernels/attention_heads/gpu/maps.hpp"

namespace odot::kernels {

namespace detail {

/// ∂ℓ/∂head as it lies in memory.
template <class S, ShapeType In, std::size_t NumberOfHeads>
struct StoredHeadGradients {
  static constexpr std::size_t maps = NumberOfHeads * In::extents[0], plane = In::extents[1] * In::extents[2];
  struct Memory {};
  const S* dy;  // [N, maps, H, W]

  template <class Team>
  ODOT_HOST_DEVICE void prepare(const Team&, std::size_t, Memory&) const {}
  ODOT_HOST_DEVICE S value(std::size_t n, std::size_t m, std::size_t p, const Memory&) const {
    return dy[(n * maps + m) * plane + p];
  }
  ODOT_HOST_DEVICE S skip(std::size_t, std::size_t, const Memory&) const { return S{0}; }
};

/// Σ dÂ and Σ dÂ x̂ of map `index % maps` of sample `index / maps`.
template <HeadNorm Norm, class S, ShapeType In, std::size_t NumberOfHeads>
struct HeadNormSums {
  using M = GpuMaps<S, In, NumberOfHeads>;
  using Sum = gpu::LongSum<S, M::plane>;
  struct Memory {
    gpu::Pair<Sum> parts[gpu::team_parts];
  };
  M maps;
  GpuNorm<Norm, S, In, NumberOfHeads> norm;
  const S* dy;
  std::size_t samples;
  gpu::Pair<Sum>* sums;  // [maps, N]

  template <class Team>
  ODOT_HOST_DEVICE void operator()(const Team& team, std::size_t index, Memory& memory) const {
    const std::size_t n = index / M::maps, m = index % M::maps;
    gpu::reduce_all(
        team, M::plane, gpu::Pair<Sum>{},
        [&](std::size_t p) {
          const S grad = dy[index * M::plane + p] * maps.image(n, m)[p];
          return gpu::Pair<Sum>{static_cast<Sum>(grad),
                                static_cast<Sum>(grad * norm.standard(m, maps.relevance(n, m, p)))};
        },
        gpu::Plus{}, memory.parts);
    team.each(1, [&](std::size_t) { sums[m * samples + n] = memory.parts[0]; });
  }
};

}  // namespace detail

template <>
struct AttentionHeads<Gpu> {
  template <HeadNorm Norm, class S, ShapeType In, std::size_t Heads, ShapeType Out>
  static void forward_training(Workspace<Gpu>& workspace, const NormConstants& constants, BatchView<In, const S, Gpu> x,
                               const HeadWeights<const S, In, Heads, Gpu>& weights,
                               TensorView<Shape<Heads * In::extents[0]>, S, Gpu> running_mean,
                               TensorView<Shape<Heads * In::extents[0]>, S, Gpu> running_var, S* cache,
                               BatchView<Out, S, Gpu> y) {
    using M = detail::GpuMaps<S, In, Heads>;
    S* statistics = cache + x.samples() * M::maps * M::normalisers;
    const M maps{x.data(), weights, cache};
    detail::map_statistics<Norm>(workspace, constants, maps, x.samples(), running_mean.data(), running_var.data(),
                                 statistics);
    apply<Norm>(maps, {statistics, statistics + M::maps, nullptr}, y);
  }

  template <HeadNorm Norm, class S, ShapeType In, std::size_t Heads, ShapeType Out>
  static void forward_evaluation(Workspace<Gpu>& workspace, const NormConstants& constants,
                                 BatchView<In, const S, Gpu> x, const HeadWeights<const S, In, Heads, Gpu>& weights,
                                 TensorView<Shape<Heads * In::extents[0]>, const S, Gpu> running_mean,
                                 TensorView<Shape<Heads * In::extents[0]>, const S, Gpu> running_var,
                                 BatchView<Out, S, Gpu> y) {
    using M = detail::GpuMaps<S, In, Heads>;
    auto frame = workspace.frame();
    S* rstd = frame.template take<S>(M::maps);
    const M maps{x.data(), weights, frame.template take<S>(x.samples() * M::maps * M::normalisers)};
    if constexpr (Norm != HeadNorm::none) gpu::rstd_of(M::maps, running_var.data(), constants.eps, rstd);
    detail::map_normalisers(maps, x.samples());
    apply<Norm>(maps, {running_mean.data(), rstd, nullptr}, y);
  }

  template <HeadNorm Norm, class S, ShapeType In, std::size_t Heads, ShapeType Out>
  static void backward(Workspace<Gpu>& workspace, BatchView<In, const S, Gpu> x,
                       const HeadWeights<const S, In, Heads, Gpu>& weights, const S* cache,
                       BatchView<Out, const S, Gpu> dy, const HeadWeights<S, In, Heads, Gpu>& gradients,
                       BatchView<In, S, Gpu> dx) {
    using M = detail::GpuMaps<S, In, Heads>;
    const std::size_t samples = x.samples();
    auto frame = workspace.frame();
    const M maps{x.data(), weights, const_cast<S*>(cache)};
    const S* mean = cache + samples * M::maps * M::normalisers;
    S* means = frame.template take<S>(2 * M::maps);
    const detail::GpuNorm<Norm, S, In, Heads> norm{mean, mean + M::maps, means};
    // Phase 1: what the norm's gradient needs.
    if constexpr (Norm != HeadNorm::none) {
      using Program = detail::HeadNormSums<Norm, S, In, Heads>;
      auto* sums = frame.template take<gpu::Pair<typename Program::Sum>>(M::maps * samples);
      gpu::launch_teams(samples * M::maps, Program{maps, norm, dy.data(), samples, sums});
      gpu::add_norm_gradients(workspace, M::maps, samples, M::plane, sums, gradients.scale.data(),
                              gradients.shift.data(), means);
    }
    // Phase 2: everything else.
    const detail::StoredHeadGradients<S, In, Heads> heads{dy.data()};
    detail::array_gradients<Norm>(workspace, maps, norm, heads, samples, gradients, dx.data());
  }

  /// y = Â ⊙ x
  template <HeadNorm Norm, class S, ShapeType In, std::size_t Heads, ShapeType Out>
  static void apply(const detail::GpuMaps<S, In, Heads>& maps, const detail::GpuNorm<Norm, S, In, Heads>& norm,
                    BatchView<Out, S, Gpu> y) {
    using M = detail::GpuMaps<S, In, Heads>;
    S* out = y.data();
    gpu::for_each_index(y.size(), [=] ODOT_HOST_DEVICE(std::size_t index) {
      const std::size_t p = index % M::plane, m = index / M::plane % M::maps, n = index / M::array;
      out[index] = norm.normalised(maps, m, maps.relevance(n, m, p)) * maps.image(n, m)[p];
    });
  }
};

static_assert(AttentionHeadsKernel<AttentionHeads<Gpu>, Gpu>);

}  // namespace odot::kernels
