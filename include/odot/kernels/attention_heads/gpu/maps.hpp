#pragma once
// SPDX-License-Identifier: MIT
// The relevance maps on the GPU, which the kernels of the heads and of the whole block share.
//     sx = x ⊙ Wx + Bx,  sy = x ⊙ Wy + By,  Ax = softmax over W of sx,  Ay = softmax over H of sy,  A = Ax ⊙ Ay
// Later passes need log Σ exp of every row of sx and every column of sy, which are kept: H + W numbers per map and
// sample.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

#include "odot/kernels/attention_heads/contract.hpp"
#include "odot/kernels/attention_heads/gpu/exact_softmax.hpp"
#include "odot/kernels/attention_heads/head_norm.hpp"
#include "odot/kernels/gpu/launch.hpp"
#include "odot/kernels/gpu/moments.hpp"

namespace odot::kernels::detail {

/// The maps of a batch: sizes, the arrays of all heads, the input, and the softmaxes' normalisers.
template <class S, ShapeType In, std::size_t Heads>
struct GpuMaps {
  static constexpr std::size_t C = In::extents[0], H = In::extents[1], W = In::extents[2];
  static constexpr std::size_t maps = Heads * C, plane = H * W, array = maps * plane, normalisers = H + W;
  using Weights = HeadWeights<const S, In, Heads, Gpu>;

  const S* x;       // [N, C, H, W]
  Weights weights;  //
  S* log_sums;      // [N, maps, H + W]: of the rows of sx, then of the columns of sy

  ODOT_HOST_DEVICE const S* image(std::size_t n, std::size_t m) const { return x + (n * C + m % C) * plane; }
  ODOT_HOST_DEVICE S* sums_of(std::size_t n, std::size_t m) const { return log_sums + (n * maps + m) * normalisers; }
  ODOT_HOST_DEVICE S score_x(S value, std::size_t m, std::size_t p) const {
    return value * weights.weight_x.data()[m * plane + p] +
           (weights.bias_x ? weights.bias_x.data()[m * plane + p] : S{0});
  }
  ODOT_HOST_DEVICE S score_y(S value, std::size_t m, std::size_t p) const {
    return value * weights.weight_y.data()[m * plane + p] +
           (weights.bias_y ? weights.bias_y.data()[m * plane + p] : S{0});
  }

  /// Ax, Ay and A = Ax ⊙ Ay of element p from the normalisers.
  ODOT_HOST_DEVICE S along_row(std::size_t n, std::size_t m, std::size_t p) const {
    const S log = sums_of(n, m)[p / W];
    if (std::fabs(log) <= largest_log_sum<S>) return std::exp(score_x(image(n, m)[p], m, p) - log);
    const std::size_t first = p / W * W, at = m * plane + first;
    return ScoreLine<S>{image(n, m) + first,
                        weights.weight_x.data() + at,
                        weights.bias_x ? weights.bias_x.data() + at : nullptr,
                        W,
                        1,
                        1}
        .softmax(p % W);
  }
  ODOT_HOST_DEVICE S along_column(std::size_t n, std::size_t m, std::size_t p) const {
    const S log = sums_of(n, m)[H + p % W];
    if (std::fabs(log) <= largest_log_sum<S>) return std::exp(score_y(image(n, m)[p], m, p) - log);
    const std::size_t first = p % W, at = m * plane + first;
    return ScoreLine<S>{image(n, m) + first,
                        weights.weight_y.data() + at,
                        weights.bias_y ? weights.bias_y.data() + at : nullptr,
                        H,
                        W,
                        W}
        .softmax(p / W);
  }
  ODOT_HOST_DEVICE S relevance(std::size_t n, std::size_t m, std::size_t p) const {
    const S* sums = sums_of(n, m);
    const S row = sums[p / W], column = sums[H + p % W], value = image(n, m)[p];
    if (std::fabs(row) + std::fabs(column) <= largest_log_sum<S>)
      return std::exp(score_x(value, m, p) - row + score_y(value, m, p) - column);
    return along_row(n, m, p) * along_column(n, m, p);
  }
};

/// Both softmaxes of map `index % maps` of sample `index / maps`: fills the normalisers and, where wanted, A's moments.
template <class S, ShapeType In, std::size_t Heads>
struct MapStatistics {
  using M = GpuMaps<S, In, Heads>;
  using RowSum = gpu::LongSum<S, M::W>;
  using ColumnSum = gpu::LongSum<S, M::H>;
  struct Memory {
    S x[M::plane], y[M::plane];            // scores, then their exponentials
    S row_max[M::H], row_sum[M::H];        //
    S column_max[M::W], column_sum[M::W];  //
    gpu::LongSum<S, (M::H > M::W ? M::H : M::W)> parts[gpu::team_parts];
  };
  M maps;
  std::size_t samples;
  Moments* moments;  // [maps, N] or null

  template <class Team>
  ODOT_HOST_DEVICE void operator()(const Team& team, std::size_t index, Memory& memory) const {
    constexpr std::size_t H = M::H, W = M::W;
    constexpr S lowest = -std::numeric_limits<S>::infinity();
    const std::size_t n = index / M::maps, m = index % M::maps;
    const S* image = maps.image(n, m);
    const auto row = [&memory](std::size_t i, std::size_t j) { return memory.x[i * W + j]; };
    const auto column = [&memory](std::size_t j, std::size_t i) { return memory.y[i * W + j]; };
    // Phase 1: scores and their maxima.
    team.each(M::plane, [&](std::size_t p) {
      memory.x[p] = maps.score_x(image[p], m, p);
      memory.y[p] = maps.score_y(image[p], m, p);
    });
    team.reduce(H, W, lowest, row, gpu::Maximum{}, [&](std::size_t i, S most) { memory.row_max[i] = most; });
    team.reduce(W, H, lowest, column, gpu::Maximum{}, [&](std::size_t j, S most) { memory.column_max[j] = most; });
    // Phase 2: exponentials and their sums.
    team.each(M::plane, [&](std::size_t p) {
      memory.x[p] = std::exp(memory.x[p] - memory.row_max[p / W]);
      memory.y[p] = std::exp(memory.y[p] - memory.column_max[p % W]);
    });
    const auto row_term = [&row](std::size_t i, std::size_t j) { return static_cast<RowSum>(row(i, j)); };
    const auto column_term = [&column](std::size_t j, std::size_t i) { return static_cast<ColumnSum>(column(j, i)); };
    team.reduce(H, W, RowSum{0}, row_term, gpu::Plus{},
                [&](std::size_t i, RowSum sum) { memory.row_sum[i] = static_cast<S>(sum); });
    team.reduce(W, H, ColumnSum{0}, column_term, gpu::Plus{},
                [&](std::size_t j, ColumnSum sum) { memory.column_sum[j] = static_cast<S>(sum); });
    S* sums = maps.sums_of(n, m);
    team.each(H + W, [&](std::size_t i) {
      sums[i] = i < H ? memory.row_max[i] + std::log(memory.row_sum[i])
                      : memory.column_max[i - H] + std::log(memory.column_sum[i - H]);
    });
    if (!moments) return;
    // Phase 3: A's moments.
    const auto relevance = [&](std::size_t p) {
      if (!(std::fabs(sums[p / W]) + std::fabs(sums[H + p % W]) <= largest_log_sum<S>)) return maps.relevance(n, m, p);
      return memory.x[p] * memory.y[p] / (memory.row_sum[p / W] * memory.column_sum[p % W]);
    };
    gpu::plane_moments(team, M::plane, relevance, memory.parts, moments[m * samples + n]);
  }
};

/// The norm of all maps: where their statistics lie.
template <HeadNorm Norm, class S, ShapeType In, std::size_t Heads>
struct GpuNorm {
  using M = GpuMaps<S, In, Heads>;
  const S *mean, *rstd;     // [maps]
  const S* gradient_means;  // [2, maps]: of dÂ and of dÂ x̂; backward alone

  ODOT_HOST_DEVICE S normalised(const M& maps, std::size_t m, S relevance) const {
    const NormLine<S> line = norm_line<Norm>(maps.weights, mean, rstd, m);
    return (relevance - line.mean) * line.scale + line.shift;
  }
  /// x̂
  ODOT_HOST_DEVICE S standard(std::size_t m, S relevance) const { return (relevance - mean[m]) * rstd[m]; }
  ODOT_HOST_DEVICE NormGradient<S> gradient(const M& maps, std::size_t m) const {
    return norm_gradient<Norm>(maps.weights, mean, rstd, gradient_means, M::maps, m);
  }
};

/// The softmaxes' normalisers of a batch: all that evaluation needs.
template <class S, ShapeType In, std::size_t Heads>
void map_normalisers(const GpuMaps<S, In, Heads>& maps, std::size_t samples) {
  gpu::launch_teams(samples * GpuMaps<S, In, Heads>::maps, MapStatistics<S, In, Heads>{maps, samples, nullptr});
}

/// The same, and for training the norm's statistics, [2, maps]; the running ones are updated.
template <HeadNorm Norm, class S, ShapeType In, std::size_t Heads>
void map_statistics(Workspace<Gpu>& workspace, const NormConstants& constants, const GpuMaps<S, In, Heads>& maps,
                    std::size_t samples, S* running_mean, S* running_var, S* statistics) {
  using M = GpuMaps<S, In, Heads>;
  if constexpr (Norm == HeadNorm::none) {
    map_normalisers(maps, samples);
  } else {
    auto frame = workspace.frame();
    auto* moments = frame.template take<Moments>(M::maps * samples);
    gpu::launch_teams(samples * M::maps, MapStatistics<S, In, Heads>{maps, samples, moments});
    gpu::join_moments(workspace, M::maps, samples, moments, constants, running_mean, running_var, statistics);
  }
}

/// Gradients of the arrays and of x from those of the heads, for a run of samples: teams' partial sums [runs, arrays,
/// …]. Heads: the source of ∂ℓ/∂head.
///     prepare(team, n, memory)      fills its memory for a sample
///     value(n, m, p, memory)        ∂ℓ/∂head of element p of map m
///     skip(n, element, memory)      a further term of ∂ℓ/∂x
template <HeadNorm Norm, class S, ShapeType In, std::size_t NumberOfHeads, class Heads>
struct ArrayGradients {
  using M = GpuMaps<S, In, NumberOfHeads>;
  struct Memory {
    typename Heads::Memory heads;
    S dx[M::C * M::plane];
    S dhead[M::plane], t[M::plane];  // t = A ⊙ ∂ℓ/∂A
    S row[M::H], column[M::W];       // its sums
  };
  M maps;
  GpuNorm<Norm, S, In, NumberOfHeads> norm;
  Heads heads;
  std::size_t samples, length;  // length: samples per run
  S* partials;                  // [runs, 2 or 4, maps, H, W]
  S* dx;                        // [N, C, H, W] or null

  template <class Team>
  ODOT_HOST_DEVICE void operator()(const Team& team, std::size_t run, Memory& memory) const {
    const std::size_t arrays = maps.weights.bias_x ? 4 : 2;
    S* sums = partials + run * arrays * M::array;
    team.each(arrays * M::array, [&](std::size_t i) { sums[i] = S{0}; });
    const std::size_t begin = run * length, end = begin + length < samples ? begin + length : samples;
    for (std::size_t n = begin; n < end; ++n) {
      heads.prepare(team, n, memory.heads);
      team.each(M::C * M::plane, [&](std::size_t i) { memory.dx[i] = heads.skip(n, i, memory.heads); });
      for (std::size_t m = 0; m < M::maps; ++m) map(team, n, m, sums, memory);
      if (dx) team.each(M::C * M::plane, [&](std::size_t i) { dx[n * M::C * M::plane + i] = memory.dx[i]; });
    }
  }

  template <class Team>
  ODOT_HOST_DEVICE void map(const Team& team, std::size_t n, std::size_t m, S* sums, Memory& memory) const {
    constexpr std::size_t H = M::H, W = M::W;
    const NormGradient<S> by = norm.gradient(maps, m);
    const S* image = maps.image(n, m);
    S* input_gradient = memory.dx + m % M::C * M::plane;
    // head = Â x,  Â = scale A + offset
    team.each(M::plane, [&](std::size_t p) {
      const S relevance = maps.relevance(n, m, p), dhead = heads.value(n, m, p, memory.heads);
      memory.dhead[p] = dhead;
      memory.t[p] = relevance * (by.scale * dhead * image[p] + by.by_relevance * relevance + by.constant);
      input_gradient[p] += dhead * (by.scale * relevance + by.offset);
    });
    // A = Ax ⊙ Ay
    using RowSum = gpu::LongSum<S, W>;
    using ColumnSum = gpu::LongSum<S, H>;
    const auto add = gpu::Plus{};
    team.reduce(
        H, W, RowSum{0}, [&](std::size_t i, std::size_t j) { return static_cast<RowSum>(memory.t[i * W + j]); }, add,
        [&](std::size_t i, RowSum sum) { memory.row[i] = static_cast<S>(sum); });
    team.reduce(
        W, H, ColumnSum{0}, [&](std::size_t j, std::size_t i) { return static_cast<ColumnSum>(memory.t[i * W + j]); },
        add, [&](std::size_t j, ColumnSum sum) { memory.column[j] = static_cast<S>(sum); });
    // Ax = softmax over W of (x ⊙ Wx + Bx),  Ay = softmax over H of (x ⊙ Wy + By)
    const S *wx = maps.weights.weight_x.data() + m * M::plane, *wy = maps.weights.weight_y.data() + m * M::plane;
    S* mine = sums + m * M::plane;
    const bool bias = static_cast<bool>(maps.weights.bias_x);
    team.each(M::plane, [&](std::size_t p) {
      const S value = image[p];
      const S gx = memory.t[p] - maps.along_row(n, m, p) * memory.row[p / W];
      const S gy = memory.t[p] - maps.along_column(n, m, p) * memory.column[p % W];
      mine[p] += gx * value;
      mine[M::array + p] += gy * value;
      if (bias) {
        mine[2 * M::array + p] += gx;
        mine[3 * M::array + p] += gy;
      }
      input_gradient[p] += gx * wx[p] + gy * wy[p];
    });
  }
};

/// Runs ArrayGradients over a batch and adds the arrays' gradients up.
template <HeadNorm Norm, class S, ShapeType In, std::size_t NumberOfHeads, class Heads>
void array_gradients(Workspace<Gpu>& workspace, const GpuMaps<S, In, NumberOfHeads>& maps,
                     const GpuNorm<Norm, S, In, NumberOfHeads>& norm, const Heads& heads, std::size_t samples,
                     const HeadWeights<S, In, NumberOfHeads, Gpu>& gradients, S* dx) {
  using M = GpuMaps<S, In, NumberOfHeads>;
  // As many teams as keep a GPU busy, but no run so long that adding its samples loses digits.
  constexpr std::size_t enough_runs = 512, longest_run = 64;
  if (samples == 0) return;
  auto frame = workspace.frame();
  const std::size_t arrays = gradients.bias_x ? 4 : 2;
  const std::size_t length = (std::min)((samples + enough_runs - 1) / enough_runs, longest_run);
  const std::size_t runs = (samples + length - 1) / length, each = arrays * M::array;
  S* partials = frame.template take<S>(runs * each);
  gpu::launch_teams(
      runs, ArrayGradients<Norm, S, In, NumberOfHeads, Heads>{maps, norm, heads, samples, length, partials, dx});
  S *dwx = gradients.weight_x.data(), *dwy = gradients.weight_y.data();
  S *dbx = gradients.bias_x.data(), *dby = gradients.bias_y.data();
  gpu::reduce_columns(
      workspace, runs, each, 0.0,
      [=] ODOT_HOST_DEVICE(std::size_t run, std::size_t i) { return static_cast<double>(partials[run * each + i]); },
      gpu::Plus{},
      [=] ODOT_HOST_DEVICE(std::size_t i, double sum) {
        S* const of[4] = {dwx, dwy, dbx, dby};
        of[i / M::array][i % M::array] += static_cast<S>(sum);
      });
}

}  // namespace odot::kernels::detail
