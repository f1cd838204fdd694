#pragma once
// SPDX-License-Identifier: MIT
// The attention-wise block on the GPU, one team per sample: heads are computed in the team's memory, map by map, and
// never written to the device's. Two launches forward (statistics; output), and two backward (correlations; arrays)
// with their sums. For small batches and for images that do not fit a lane's registers.

#include <cstddef>

#include "odot/kernels/attention_block/contract.hpp"
#include "odot/kernels/attention_heads/gpu/maps.hpp"

namespace odot::kernels::detail {

/// A plane with a border of one zero on each side, for 3×3 convolutions.
template <class S, std::size_t H, std::size_t W>
struct BorderedPlane {
  static constexpr std::size_t width = W + 2, size = (H + 2) * width;
  S values[size];

  template <class Team>
  ODOT_HOST_DEVICE void clear(const Team& team) {
    team.each(size, [this](std::size_t i) { values[i] = S{0}; });
  }
  /// Element p of the plane.
  ODOT_HOST_DEVICE S& operator[](std::size_t p) { return values[(p / W + 1) * width + p % W + 1]; }
  /// The element that is multiplied by kernel position (u, v) at output p.
  ODOT_HOST_DEVICE S at(std::size_t p, std::size_t u, std::size_t v) const {
    return values[(p / W + u) * width + p % W + v];
  }
};

/// y of one sample from its maps' normalisers.
template <class G, class S>
struct BlockOutput {
  using M = GpuMaps<S, typename G::image, G::heads>;
  using Norm = GpuNorm<G::norm, S, typename G::image, G::heads>;
  struct Memory {
    BorderedPlane<S, G::H, G::W> head;
    S out[G::C * M::plane];
  };
  M maps;
  Norm norm;
  const S *weight, *bias;  // [C, maps, 3, 3], [C]
  S* y;

  template <class Team>
  ODOT_HOST_DEVICE void operator()(const Team& team, std::size_t n, Memory& memory) const {
    const S* x = maps.x + n * G::C * M::plane;
    memory.head.clear(team);
    team.each(G::C * M::plane, [&](std::size_t i) { memory.out[i] = bias[i / M::plane] + (G::skip ? x[i] : S{0}); });
    for (std::size_t m = 0; m < M::maps; ++m) {
      const S* image = maps.image(n, m);
      team.each(M::plane,
                [&](std::size_t p) { memory.head[p] = norm.normalised(maps, m, maps.relevance(n, m, p)) * image[p]; });
      team.each(G::C * M::plane, [&](std::size_t i) {
        const S* kernel = weight + (i / M::plane * M::maps + m) * 9;
        S sum{0};
        for (std::size_t k = 0; k < 9; ++k) sum += kernel[k] * memory.head.at(i % M::plane, k / 3, k % 3);
        memory.out[i] += sum;
      });
    }
    team.each(G::C * M::plane, [&](std::size_t i) {
      const S value = memory.out[i];
      y[n * G::C * M::plane + i] = G::relu && value < S{0} ? S{0} : value;
    });
  }
};

/// ∂ℓ/∂head from the gradient before the ReLU, by the kernels rotated by 180°.
template <class G, class S>
struct ConvolvedHeadGradients {
  static constexpr std::size_t plane = G::H * G::W;
  struct Memory {
    BorderedPlane<S, G::H, G::W> g[G::C];
  };
  const S *weight, *y, *dy;

  template <class Team>
  ODOT_HOST_DEVICE void prepare(const Team& team, std::size_t n, Memory& memory) const {
    for (std::size_t c = 0; c < G::C; ++c) memory.g[c].clear(team);
    team.each(G::C * plane, [&](std::size_t i) {
      const std::size_t at = n * G::C * plane + i;
      // y = max(·, 0)
      memory.g[i / plane][i % plane] = G::relu && y[at] <= S{0} ? S{0} : dy[at];  // NaN: as it is
    });
  }
  ODOT_HOST_DEVICE S value(std::size_t, std::size_t m, std::size_t p, const Memory& memory) const {
    S sum{0};
    for (std::size_t c = 0; c < G::C; ++c) {
      const S* kernel = weight + (c * G::maps + m) * 9;
      for (std::size_t k = 0; k < 9; ++k) sum += kernel[k] * memory.g[c].at(p, 2 - k / 3, 2 - k % 3);
    }
    return sum;
  }
  ODOT_HOST_DEVICE S skip(std::size_t, std::size_t i, const Memory& memory) const {
    return G::skip ? memory.g[i / plane].at(i % plane, 1, 1) : S{0};
  }
};

/// One sample's gradients of the convolution, and Σ dÂ and Σ dÂ x̂ of every map.
template <class G, class S>
struct BlockCorrelations {
  using M = GpuMaps<S, typename G::image, G::heads>;
  using Heads = ConvolvedHeadGradients<G, S>;
  using Sum = gpu::LongSum<S, M::plane>;
  static constexpr std::size_t conv = G::conv_weight::size + G::C;  // numbers of the convolution: weights, then bias
  struct Memory {
    typename Heads::Memory heads;
    BorderedPlane<S, G::H, G::W> head;
    gpu::Pair<Sum> parts[gpu::team_parts];
  };
  M maps;
  GpuNorm<G::norm, S, typename G::image, G::heads> norm;
  Heads heads;
  std::size_t samples;
  S* convolution;        // [conv, N]
  gpu::Pair<Sum>* sums;  // [maps, N]

  template <class Team>
  ODOT_HOST_DEVICE void operator()(const Team& team, std::size_t n, Memory& memory) const {
    heads.prepare(team, n, memory.heads);
    memory.head.clear(team);
    const auto& g = memory.heads.g;
    // y = Σ w ⋆ head + bias
    team.reduce(
        G::C, M::plane, Sum{0}, [&](std::size_t c, std::size_t p) { return static_cast<Sum>(g[c].at(p, 1, 1)); },
        gpu::Plus{},
        [&](std::size_t c, Sum sum) { convolution[(G::conv_weight::size + c) * samples + n] = static_cast<S>(sum); });
    for (std::size_t m = 0; m < M::maps; ++m) {
      const S* image = maps.image(n, m);
      team.each(M::plane,
                [&](std::size_t p) { memory.head[p] = norm.normalised(maps, m, maps.relevance(n, m, p)) * image[p]; });
      team.reduce(
          G::C * 9, M::plane, Sum{0},
          [&](std::size_t row, std::size_t p) {
            return static_cast<Sum>(g[row / 9].at(p, 1, 1) * memory.head.at(p, row % 9 / 3, row % 3));
          },
          gpu::Plus{},
          [&](std::size_t row, Sum sum) {
            convolution[((row / 9 * M::maps + m) * 9 + row % 9) * samples + n] = static_cast<S>(sum);
          });
      if constexpr (G::norm != HeadNorm::none) {
        gpu::reduce_all(
            team, M::plane, gpu::Pair<Sum>{},
            [&](std::size_t p) {
              const S grad = heads.value(n, m, p, memory.heads) * image[p];
              return gpu::Pair<Sum>{static_cast<Sum>(grad),
                                    static_cast<Sum>(grad * norm.standard(m, maps.relevance(n, m, p)))};
            },
            gpu::Plus{}, memory.parts);
        team.each(1, [&](std::size_t) { sums[m * samples + n] = memory.parts[0]; });
      }
    }
  }
};

template <class G, class S>
struct TeamBlock {
  using Maps = GpuMaps<S, typename G::image, G::heads>;
  using Norm = GpuNorm<G::norm, S, typename G::image, G::heads>;

  static void forward_training(Workspace<Gpu>& workspace, const NormConstants& constants,
                               BatchView<typename G::image, const S, Gpu> x,
                               const BlockWeights<const S, G, Gpu>& weights,
                               TensorView<Shape<G::maps>, S, Gpu> running_mean,
                               TensorView<Shape<G::maps>, S, Gpu> running_var, S* cache,
                               BatchView<typename G::image, S, Gpu> y) {
    const Cache<S*> kept(cache, x.samples());
    Gpu::copy(kept.x, x.data(), x.size() * sizeof(S));
    const Maps maps{x.data(), weights.heads, kept.log_sums};
    map_statistics<G::norm>(workspace, constants, maps, x.samples(), running_mean.data(), running_var.data(),
                            kept.statistics);
    output(maps, {kept.statistics, kept.statistics + G::maps, nullptr}, weights, y);
  }

  static void forward_evaluation(Workspace<Gpu>& workspace, const NormConstants& constants,
                                 BatchView<typename G::image, const S, Gpu> x,
                                 const BlockWeights<const S, G, Gpu>& weights,
                                 TensorView<Shape<G::maps>, const S, Gpu> running_mean,
                                 TensorView<Shape<G::maps>, const S, Gpu> running_var,
                                 BatchView<typename G::image, S, Gpu> y) {
    auto frame = workspace.frame();
    S* rstd = frame.template take<S>(G::maps);
    const Maps maps{x.data(), weights.heads, frame.template take<S>(x.samples() * G::maps * Maps::normalisers)};
    if constexpr (G::norm != HeadNorm::none) gpu::rstd_of(G::maps, running_var.data(), constants.eps, rstd);
    map_normalisers(maps, x.samples());
    output(maps, {running_mean.data(), rstd, nullptr}, weights, y);
  }

  static void backward(Workspace<Gpu>& workspace, BatchView<typename G::image, const S, Gpu> x,
                       const BlockWeights<const S, G, Gpu>& weights, const S* cache,
                       BatchView<typename G::image, const S, Gpu> y, BatchView<typename G::image, const S, Gpu> dy,
                       const BlockWeights<S, G, Gpu>& gradients, BatchView<typename G::image, S, Gpu> dx) {
    const std::size_t samples = x.samples();
    auto frame = workspace.frame();
    const Cache<const S*> kept(cache, samples);
    S* means = frame.template take<S>(2 * G::maps);
    const Maps maps{kept.x, weights.heads, const_cast<S*>(kept.log_sums)};
    const Norm norm{kept.statistics, kept.statistics + G::maps, means};
    const ConvolvedHeadGradients<G, S> heads{weights.conv_weight.data(), y.data(), dy.data()};
    correlations(workspace, maps, norm, heads, samples, gradients, means);
    array_gradients<G::norm>(workspace, maps, norm, heads, samples, gradients.heads, dx.data());
  }

  /// The layout of the cache: log Σ exp of rows and columns, the norm's mean and 1/σ, the input.
  template <class Pointer>
  struct Cache {
    Cache(Pointer start, std::size_t samples)
        : log_sums(start), statistics(log_sums + samples * G::maps * Maps::normalisers), x(statistics + 2 * G::maps) {}
    Pointer log_sums, statistics, x;
  };

  static void output(const Maps& maps, const Norm& norm, const BlockWeights<const S, G, Gpu>& weights,
                     BatchView<typename G::image, S, Gpu> y) {
    gpu::launch_teams(y.samples(),
                      BlockOutput<G, S>{maps, norm, weights.conv_weight.data(), weights.conv_bias.data(), y.data()});
  }

  /// The convolution's gradients, and the sums that the norm's backward needs.
  static void correlations(Workspace<Gpu>& workspace, const Maps& maps, const Norm& norm,
                           const ConvolvedHeadGradients<G, S>& heads, std::size_t samples,
                           const BlockWeights<S, G, Gpu>& gradients, S* means) {
    using Program = BlockCorrelations<G, S>;
    auto frame = workspace.frame();
    S* convolution = frame.template take<S>(Program::conv * samples);
    auto* sums = frame.template take<gpu::Pair<typename Program::Sum>>(G::maps * samples);
    gpu::launch_teams(samples, Program{maps, norm, heads, samples, convolution, sums});
    S *dweight = gradients.conv_weight.data(), *dbias = gradients.conv_bias.data();
    gpu::reduce_rows(
        workspace, Program::conv, samples, 0.0,
        [=] ODOT_HOST_DEVICE(std::size_t i, std::size_t n) {
          return static_cast<double>(convolution[i * samples + n]);
        },
        gpu::Plus{},
        [=] ODOT_HOST_DEVICE(std::size_t i, double sum) {
          if (i < G::conv_weight::size) dweight[i] += static_cast<S>(sum);
          else dbias[i - G::conv_weight::size] += static_cast<S>(sum);
        });
    if constexpr (G::norm != HeadNorm::none)
      gpu::add_norm_gradients(workspace, G::maps, samples, G::H * G::W, sums, gradients.heads.scale.data(),
                              gradients.heads.shift.data(), means);
  }
};

}  // namespace odot::kernels::detail
