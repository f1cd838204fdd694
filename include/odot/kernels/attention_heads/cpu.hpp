#pragma once
// SPDX-License-Identifier: MIT
// The heads of an attention-wise layer on the CPU.
//
// A tile of samples lies side by side in the innermost dimension (kernels/sample_tile.hpp), so that softmaxes, products
// and sums are vertical SIMD code. No map leaves the cache: forward computes each twice (statistics, then output), and
// keeps the logarithms of the softmax denominators, with which one exponential gives A back.

#include <algorithm>
#include <array>
#include <cmath>

#include "odot/kernels/attention_heads/attention_heads.hpp"
#include "odot/kernels/attention_heads/maps.hpp"
#include "odot/kernels/moments.hpp"
#include "odot/kernels/partials.hpp"
#include "odot/kernels/sample_tile.hpp"

namespace odot::kernels {

template <>
struct AttentionHeads<Cpu> {
  static constexpr std::size_t most_partials = 32;

  template <ShapeType In, std::size_t Heads>
  static constexpr std::size_t cache_elements(std::size_t samples) {
    return attention_heads_cache<In, Heads>(samples);
  }

  template <HeadNorm Norm, class S, ShapeType In, std::size_t Heads, ShapeType Out>
  static void forward_training(Workspace<Cpu>& workspace, const NormConstants& constants, BatchView<In, const S> x,
                               const HeadWeights<const S, In, Heads, Cpu>& weights,
                               TensorView<Shape<Heads * In::extents[0]>, S> running_mean,
                               TensorView<Shape<Heads * In::extents[0]>, S> running_var, S* cache,
                               BatchView<Out, S> y) {
    using M = detail::Maps<S, In, Heads>;
    auto frame = workspace.frame();
    const Chunks tiles(x.samples(), M::L);
    S* statistics = cache + cache_elements<In, Heads>(x.samples()) - 2 * M::maps;  // means, then 1/σ
    S* scratch = frame.take<S>(worker_count(workspace, tiles) * M::forward_scratch);

    // Phase 1: the softmax normalisers of every map, and the maps' moments.
    auto* moments = frame.take<Moments>(tiles.count() * M::maps);
    parallel_for(workspace.threads(), tiles.count(), [&](std::size_t t, std::size_t worker) {
      const typename M::Tile tile(x, tiles, t, scratch + worker * M::forward_scratch);
      for (std::size_t m = 0; m < M::maps; ++m) {
        moments[t * M::maps + m] = M::softmax_statistics(tile, weights, m, cache + (t * M::maps + m) * M::normalisers);
      }
    });
    if constexpr (Norm != HeadNorm::none)
      for (std::size_t m = 0; m < M::maps; ++m) {
        Moments batch;
        for (std::size_t t = 0; t < tiles.count(); ++t) batch.join(moments[t * M::maps + m]);
        statistics[m] = static_cast<S>(batch.mean);
        statistics[M::maps + m] = static_cast<S>(1 / std::sqrt(batch.variance() + constants.eps));
        update_running(batch, constants.momentum, running_mean[m], running_var[m]);
      }

    // Phase 2: y = Â ⊙ x, A from its normalisers.
    parallel_for(workspace.threads(), tiles.count(), [&](std::size_t t, std::size_t worker) {
      const typename M::Tile tile(x, tiles, t, scratch + worker * M::forward_scratch);
      for (std::size_t m = 0; m < M::maps; ++m) {
        M::recomputed_map(tile, weights, m, cache + (t * M::maps + m) * M::normalisers, tile.a);
        M::store_head(tile, m, detail::norm_line<Norm>(weights, statistics, statistics + M::maps, m), y);
      }
    });
  }

  template <HeadNorm Norm, class S, ShapeType In, std::size_t Heads, ShapeType Out>
  static void forward_evaluation(Workspace<Cpu>& workspace, const NormConstants& constants, BatchView<In, const S> x,
                                 const HeadWeights<const S, In, Heads, Cpu>& weights,
                                 TensorView<Shape<Heads * In::extents[0]>, const S> running_mean,
                                 TensorView<Shape<Heads * In::extents[0]>, const S> running_var, BatchView<Out, S> y) {
    using M = detail::Maps<S, In, Heads>;
    auto frame = workspace.frame();
    const Chunks tiles(x.samples(), M::L);
    S* scratch = frame.take<S>(worker_count(workspace, tiles) * (M::forward_scratch + M::normalisers));
    S* rstd = frame.take<S>(M::maps);
    if constexpr (Norm != HeadNorm::none)
      for (std::size_t m = 0; m < M::maps; ++m)
        rstd[m] = static_cast<S>(1 / std::sqrt(static_cast<double>(running_var[m]) + constants.eps));
    parallel_for(workspace.threads(), tiles.count(), [&](std::size_t t, std::size_t worker) {
      S* mine = scratch + worker * (M::forward_scratch + M::normalisers);
      const typename M::Tile tile(x, tiles, t, mine);
      for (std::size_t m = 0; m < M::maps; ++m) {
        M::softmax_statistics(tile, weights, m, mine + M::forward_scratch);
        M::recomputed_map(tile, weights, m, mine + M::forward_scratch, tile.a);
        M::store_head(tile, m, detail::norm_line<Norm>(weights, running_mean.data(), rstd, m), y);
      }
    });
  }

  template <HeadNorm Norm, class S, ShapeType In, std::size_t Heads, ShapeType Out>
  static void backward(Workspace<Cpu>& workspace, BatchView<In, const S> x,
                       const HeadWeights<const S, In, Heads, Cpu>& weights, const S* cache, BatchView<Out, const S> dy,
                       const HeadWeights<S, In, Heads, Cpu>& gradients, BatchView<In, S> dx) {
    using M = detail::Maps<S, In, Heads>;
    auto frame = workspace.frame();
    const Chunks tiles(x.samples(), M::L);
    const S* mean = cache + cache_elements<In, Heads>(x.samples()) - 2 * M::maps;
    const S* rstd = mean + M::maps;
    S* scratch = frame.take<S>(worker_count(workspace, tiles) * M::backward_scratch);
    S* means = frame.take<S>(2 * M::maps);  // of dÂ and of dÂ x̂
    std::fill_n(means, 2 * M::maps, S{0});

    // Phase 1: mean(dÂ) and mean(dÂ x̂) of every map, which the norm's gradient needs.
    if constexpr (Norm != HeadNorm::none) {
      double* sums = frame.take<double>(tiles.count() * M::maps * 2);
      parallel_for(workspace.threads(), tiles.count(), [&](std::size_t t, std::size_t worker) {
        const typename M::Tile tile(x, tiles, t, scratch + worker * M::backward_scratch);
        for (std::size_t m = 0; m < M::maps; ++m) {
          M::load_gradient(tile, dy, m);
          M::recomputed_map(tile, weights, m, cache + (t * M::maps + m) * M::normalisers, tile.a);
          M::norm_sums(tile, m, mean[m], rstd[m], sums + (t * M::maps + m) * 2);
        }
      });
      const auto elements = static_cast<double>(x.samples() * M::plane);
      for (std::size_t m = 0; m < M::maps; ++m) {
        double sum = 0, product = 0;
        for (std::size_t t = 0; t < tiles.count(); ++t) {
          sum += sums[(t * M::maps + m) * 2];
          product += sums[(t * M::maps + m) * 2 + 1];
        }
        // Â = scale x̂ + shift
        if (gradients.scale) gradients.scale[m] += static_cast<S>(product);
        if (gradients.shift) gradients.shift[m] += static_cast<S>(sum);
        means[m] = static_cast<S>(sum / elements);
        means[M::maps + m] = static_cast<S>(product / elements);
      }
    }

    // Phase 2: everything else, tile by tile; the arrays' gradients in partial sums, one a run of tiles.
    const std::size_t arrays = weights.bias_x ? 4 : 2;
    const Chunks runs = Chunks::at_most(most_partials, tiles.count());
    const Partials<S> partials(frame, runs.count(), arrays * M::array + simd::lanes<S>);  // add_lane_sums needs them
    S* worker_sums = frame.take<S>(worker_count(workspace, tiles) * M::lane_sums(arrays));
    parallel_for(workspace.threads(), runs.count(), [&](std::size_t run, std::size_t worker) {
      S *partial = partials.start(run), *sums = worker_sums + worker * M::lane_sums(arrays);
      for (std::size_t t = runs.begin(run); t < runs.end(run); ++t) {
        const typename M::Tile tile(x, tiles, t, scratch + worker * M::backward_scratch);
        M::clear_input_gradient(tile);
        for (std::size_t m = 0; m < M::maps; ++m) {
          M::load_gradient(tile, dy, m);
          typename M::P row_sums[M::H], column_sums[M::W];
          M::template relevance_gradient<Norm>(
              tile, weights, m, cache + (t * M::maps + m) * M::normalisers,
              {detail::norm_line<Norm>(weights, mean, rstd, m), mean[m], rstd[m], means[m], means[M::maps + m]},
              row_sums, column_sums);
          std::fill_n(sums, M::lane_sums(arrays), S{0});
          if (arrays == 4) M::template array_gradients<true>(tile, weights, m, row_sums, column_sums, sums);
          else M::template array_gradients<false>(tile, weights, m, row_sums, column_sums, sums);
          for (std::size_t a = 0; a < arrays; ++a)
            add_lane_sums<M::plane>(sums + M::lane_sums(a), partial + a * M::array + m * M::plane);
        }
        if (dx) M::store_input_gradient(tile, dx);
      }
    });
    const std::array targets{gradients.weight_x, gradients.weight_y, gradients.bias_x, gradients.bias_y};
    for (std::size_t a = 0; a < arrays; ++a)
      partials.add_to(workspace.threads(), targets[a].data(), a * M::array, M::array);
  }

 private:
  static std::size_t worker_count(const Workspace<Cpu>& workspace, const Chunks& tiles) {
    return std::min<std::size_t>(static_cast<std::size_t>(workspace.threads()), tiles.count());
  }
};

}  // namespace odot::kernels
