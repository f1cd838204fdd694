#pragma once
// SPDX-License-Identifier: MIT
// The heads of an attention-wise layer on the CPU.
//
// A tile of samples lies side by side in the innermost dimension (kernels/sample_tile.hpp), so that softmaxes, products
// and sums are vertical SIMD code. No map leaves the cache: forward computes each twice (statistics, then output), and
// keeps 1 / the softmaxes' denominators, with which one exponential gives A back.

#include <algorithm>
#include <array>
#include <cmath>

#include "odot/kernels/attention_heads/contract.hpp"
#include "odot/kernels/attention_heads/cpu/maps.hpp"
#include "odot/kernels/moments.hpp"
#include "odot/kernels/partials.hpp"
#include "odot/kernels/row_stretches.hpp"
#include "odot/kernels/sample_tile.hpp"

namespace odot::kernels {

template <>
struct AttentionHeads<Cpu> {
  static constexpr std::size_t most_partials = 32;

  template <HeadNorm Norm, class S, ShapeType In, std::size_t Heads, ShapeType Out>
  static void forward_training(Workspace<Cpu>& workspace, const NormConstants& constants, BatchView<In, const S> x,
                               const HeadWeights<const S, In, Heads, Cpu>& weights,
                               TensorView<Shape<Heads * In::extents[0]>, S> running_mean,
                               TensorView<Shape<Heads * In::extents[0]>, S> running_var, S* cache,
                               BatchView<Out, S> y) {
    with_bias(weights, [&]<bool Bias>() {
      using M = detail::Maps<S, In, Bias>;
      auto frame = workspace.frame();
      const auto form = detail::heads_form<const S>(Heads, Norm, weights);
      const typename M::All maps(frame, form);
      const Chunks tiles(x.samples(), M::L);
      S* statistics = cache + attention_heads_cache<In, Heads>(x.samples()) - 2 * form.maps;  // means, then 1/σ
      S* scratch = frame.take<S>(worker_count(workspace, tiles) * M::Tile::forward_elements);
      const auto kept = [&](std::size_t t, std::size_t m) { return cache + (t * form.maps + m) * M::normalisers; };

      // Phase 1: the softmax normalisers of every map, and the maps' moments.
      auto* moments = frame.take<Moments>(tiles.count() * form.maps);
      parallel_for(workspace.threads(), tiles.count(), [&](std::size_t t, std::size_t worker) {
        const typename M::Tile tile(x, tiles, t, scratch + worker * M::Tile::forward_elements);
        for (std::size_t m = 0; m < form.maps; ++m) {
          M::softmaxes(maps, tile, m, kept(t, m));
          if (Norm != HeadNorm::none) moments[t * form.maps + m] = M::moments(tile.a, tile.inverse, tile.samples);
        }
      });
      if constexpr (Norm != HeadNorm::none)
        for (std::size_t m = 0; m < form.maps; ++m) {
          Moments batch;
          for (std::size_t t = 0; t < tiles.count(); ++t) batch.join(moments[t * form.maps + m]);
          statistics[m] = static_cast<S>(batch.mean);
          statistics[form.maps + m] = static_cast<S>(1 / std::sqrt(batch.variance() + constants.eps));
          update_running(batch, constants, running_mean[m], running_var[m]);
        }

      // Phase 2: y = Â ⊙ x, A from its normalisers.
      parallel_for(workspace.threads(), tiles.count(), [&](std::size_t t, std::size_t worker) {
        const typename M::Tile tile(x, tiles, t, scratch + worker * M::Tile::forward_elements);
        for (std::size_t m = 0; m < form.maps; ++m) {
          const auto line = M::line_of(detail::norm_line<Norm>(weights, statistics, statistics + form.maps, m));
          M::head(maps, tile, m, kept(t, m), line);
          M::store_head(tile, m, y);
        }
      });
    });
  }

  template <HeadNorm Norm, class S, ShapeType In, std::size_t Heads, ShapeType Out>
  static void forward_evaluation(Workspace<Cpu>& workspace, const NormConstants& constants, BatchView<In, const S> x,
                                 const HeadWeights<const S, In, Heads, Cpu>& weights,
                                 TensorView<Shape<Heads * In::extents[0]>, const S> running_mean,
                                 TensorView<Shape<Heads * In::extents[0]>, const S> running_var, BatchView<Out, S> y) {
    with_bias(weights, [&]<bool Bias>() {
      using M = detail::Maps<S, In, Bias>;
      auto frame = workspace.frame();
      const auto form = detail::heads_form<const S>(Heads, Norm, weights);
      const typename M::All maps(frame, form);
      const Chunks tiles(x.samples(), M::L);
      S* scratch = frame.take<S>(worker_count(workspace, tiles) * M::Tile::forward_elements);
      S* rstd = frame.take<S>(form.maps);
      if constexpr (Norm != HeadNorm::none)
        for (std::size_t m = 0; m < form.maps; ++m)
          rstd[m] = static_cast<S>(1 / std::sqrt(static_cast<double>(running_var[m]) + constants.eps));
      parallel_for(workspace.threads(), tiles.count(), [&](std::size_t t, std::size_t worker) {
        const typename M::Tile tile(x, tiles, t, scratch + worker * M::Tile::forward_elements);
        for (std::size_t m = 0; m < form.maps; ++m) {
          M::softmaxes(maps, tile, m, nullptr);
          M::head(maps, tile, m, M::line_of(detail::norm_line<Norm>(weights, running_mean.data(), rstd, m)));
          M::store_head(tile, m, y);
        }
      });
    });
  }

  template <HeadNorm Norm, class S, ShapeType In, std::size_t Heads, ShapeType Out>
  static void backward(Workspace<Cpu>& workspace, BatchView<In, const S> x,
                       const HeadWeights<const S, In, Heads, Cpu>& weights, const S* cache, BatchView<Out, const S> dy,
                       const HeadWeights<S, In, Heads, Cpu>& gradients, BatchView<In, S> dx) {
    with_bias(weights, [&]<bool Bias>() {
      using M = detail::Maps<S, In, Bias>;
      auto frame = workspace.frame();
      const auto form = detail::heads_form<const S>(Heads, Norm, weights);
      const typename M::All maps(frame, form);
      const Chunks tiles(x.samples(), M::L);
      const S* mean = cache + attention_heads_cache<In, Heads>(x.samples()) - 2 * form.maps;
      const S* rstd = mean + form.maps;
      const auto kept = [&](std::size_t t, std::size_t m) { return cache + (t * form.maps + m) * M::normalisers; };
      S* scratch = frame.take<S>(worker_count(workspace, tiles) * M::Tile::backward_elements);
      S* means = frame.take<S>(2 * form.maps);  // of dÂ and of dÂ x̂

      // Phase 1: mean(dÂ) and mean(dÂ x̂) of every map, which the norm's gradient needs.
      if constexpr (Norm != HeadNorm::none) {
        double* sums = frame.take<double>(tiles.count() * form.maps * 2);
        parallel_for(workspace.threads(), tiles.count(), [&](std::size_t t, std::size_t worker) {
          const typename M::Tile tile(x, tiles, t, scratch + worker * M::Tile::backward_elements);
          for (std::size_t m = 0; m < form.maps; ++m) {
            M::load_gradient(tile, dy, m);
            M::head(maps, tile, m, kept(t, m), {simd::all(S{1}), simd::all(-mean[m])});
            M::norm_sums(tile, m, rstd[m], sums + (t * form.maps + m) * 2);
          }
        });
        const auto elements = static_cast<double>(x.samples() * M::plane);
        for (std::size_t m = 0; m < form.maps; ++m) {
          double sum = 0, product = 0;
          for (std::size_t t = 0; t < tiles.count(); ++t) {
            sum += sums[(t * form.maps + m) * 2];
            product += sums[(t * form.maps + m) * 2 + 1];
          }
          // Â = scale x̂ + shift
          if (gradients.scale) gradients.scale[m] += static_cast<S>(product);
          if (gradients.shift) gradients.shift[m] += static_cast<S>(sum);
          means[m] = static_cast<S>(sum / elements);
          means[form.maps + m] = static_cast<S>(product / elements);
        }
      }

      // Phase 2: everything else, tile by tile; the arrays' gradients in partial sums, one per run of tiles.
      const std::size_t array = form.maps * M::plane;
      const Chunks runs = Chunks::at_most(most_partials, tiles.count());
      const Partials<S> partials(frame, runs.count(), M::arrays * array + M::L);  // add_lane_sums needs them
      const RowStretches<S> stretches(workspace, frame, runs.chunk_size(), M::arrays * array);
      parallel_for(workspace.threads(), runs.count(), [&](std::size_t run, std::size_t worker) {
        const auto add_tiles = [&](std::size_t first, std::size_t last, S* sum) {
          for (std::size_t t = first; t < last; ++t) {
            const typename M::Tile tile(x, tiles, t, scratch + worker * M::Tile::backward_elements);
            M::clear_input_gradient(tile);
            for (std::size_t m = 0; m < form.maps; ++m) {
              M::load_gradient(tile, dy, m);
              M::relevance_gradient(maps, tile, m, kept(t, m),
                                    detail::norm_gradient<Norm>(weights, mean, rstd, means, form.maps, m));
              M::array_gradients(maps, tile, m);
              for (std::size_t a = 0; a < M::arrays; ++a)
                add_lane_sums<M::plane>(tile.gradients + a * M::plane * M::L, sum + a * array + m * M::plane);
            }
            if (dx) M::store_input_gradient(tile, dx);
          }
        };
        stretches.sum(worker, runs.begin(run), runs.end(run), partials.start(run), add_tiles);
      });
      const std::array targets{gradients.weight_x, gradients.weight_y, gradients.bias_x, gradients.bias_y};
      for (std::size_t a = 0; a < M::arrays; ++a)
        partials.add_to(workspace.threads(), targets[a].data(), a * array, array);
    });
  }

 private:
  /// body.operator()<Bias>()
  template <class Weights, class Body>
  static void with_bias(const Weights& weights, const Body& body) {
    if (weights.bias_x) body.template operator()<true>();
    else body.template operator()<false>();
  }

  static std::size_t worker_count(const Workspace<Cpu>& workspace, const Chunks& tiles) {
    return std::min<std::size_t>(static_cast<std::size_t>(workspace.threads()), tiles.count());
  }
};

static_assert(AttentionHeadsKernel<AttentionHeads<Cpu>, Cpu>);

}  // namespace odot::kernels
