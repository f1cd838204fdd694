#pragma once
// SPDX-License-Identifier: MIT
// The attention-wise block on the CPU: two passes over the batch forward, two backward, a tile of samples at a time; heads
// live in the second-level cache only (kernels/attention_block/tile.hpp).

#include <array>
#include <cmath>
#include <new>
#include <type_traits>

#include "odot/kernels/attention_block/attention_block.hpp"
#include "odot/kernels/attention_block/tile.hpp"
#include "odot/kernels/partials.hpp"

namespace odot::kernels {

template <>
struct AttentionBlock<Cpu> {
  static constexpr std::size_t most_partials = 32;

  template <class G, class S>
  static void forward_training(Workspace<Cpu>& workspace, const NormConstants& constants,
                               BatchView<typename G::image, const S> x, const BlockWeights<const S, G, Cpu>& weights,
                               TensorView<Shape<G::maps>, S> running_mean, TensorView<Shape<G::maps>, S> running_var,
                               S* cache, BatchView<typename G::image, S> y) {
    using T = detail::BlockTile<S, G>;
    auto frame = workspace.frame();
    const Chunks tiles(x.samples(), T::L);
    const Cache<G, S*> kept(cache, x.samples());
    const Workers<T, S> workers(workspace, frame, tiles);

    // Phase 1: the softmax normalisers of every map, and the maps' moments.
    auto* moments = frame.take<Moments>(tiles.count() * G::maps);
    parallel_for(workspace.threads(), tiles.count(), [&](std::size_t t, std::size_t worker) {
      const auto& mem = workers.memory(worker);
      load_input<T>(x, tiles, t, mem);
      const typename T::M::Tile tile(tiles.begin(t), tiles.size(t), mem.x, mem.a, mem.b, mem.t, mem.out);
      for (std::size_t m = 0; m < G::maps; ++m) {
        moments[t * G::maps + m] = T::M::softmax_statistics(tile, weights.heads, m, kept.logs(t, m));
      }
    });
    if constexpr (G::norm != HeadNorm::none)
      for (std::size_t m = 0; m < G::maps; ++m) {
        Moments batch;
        for (std::size_t t = 0; t < tiles.count(); ++t) batch.join(moments[t * G::maps + m]);
        kept.mean()[m] = static_cast<S>(batch.mean);
        kept.rstd()[m] = static_cast<S>(1 / std::sqrt(batch.variance() + constants.eps));
        update_running(batch, constants.momentum, running_mean[m], running_var[m]);
      }

    // Phase 2: every head again, straight into the convolution.
    parallel_for(workspace.threads(), tiles.count(), [&](std::size_t t, std::size_t worker) {
      const auto& mem = workers.memory(worker);
      load_input<T>(x, tiles, t, mem);
      T::start_output(mem, weights.conv_bias.data());
      for (std::size_t m = 0; m < G::maps; ++m)
        T::add_head(mem, weights, m, kept.logs(t, m),
                    detail::norm_line<G::norm>(weights.heads, kept.mean(), kept.rstd(), m));
      T::finish_output(mem, tiles.size(t), y[tiles.begin(t)].data());
    });
  }

  template <class G, class S>
  static void forward_evaluation(Workspace<Cpu>& workspace, const NormConstants& constants,
                                 BatchView<typename G::image, const S> x, const BlockWeights<const S, G, Cpu>& weights,
                                 TensorView<Shape<G::maps>, const S> running_mean,
                                 TensorView<Shape<G::maps>, const S> running_var, BatchView<typename G::image, S> y) {
    using T = detail::BlockTile<S, G>;
    auto frame = workspace.frame();
    const Chunks tiles(x.samples(), T::L);
    const Workers<T, S> workers(workspace, frame, tiles);
    S* logs = frame.take<S>(workers.count() * T::M::normalisers);
    S* rstd = frame.take<S>(G::maps);
    if constexpr (G::norm != HeadNorm::none)
      for (std::size_t m = 0; m < G::maps; ++m)
        rstd[m] = static_cast<S>(1 / std::sqrt(static_cast<double>(running_var[m]) + constants.eps));
    parallel_for(workspace.threads(), tiles.count(), [&](std::size_t t, std::size_t worker) {
      const auto& mem = workers.memory(worker);
      S* mine = logs + worker * T::M::normalisers;
      load_input<T>(x, tiles, t, mem);
      T::start_output(mem, weights.conv_bias.data());
      const typename T::M::Tile tile(tiles.begin(t), tiles.size(t), mem.x, mem.a, mem.b, mem.t, mem.out);
      for (std::size_t m = 0; m < G::maps; ++m) {
        T::M::softmax_statistics(tile, weights.heads, m, mine);
        T::add_head(mem, weights, m, mine, detail::norm_line<G::norm>(weights.heads, running_mean.data(), rstd, m));
      }
      T::finish_output(mem, tiles.size(t), y[tiles.begin(t)].data());
    });
  }

  template <class G, class S>
  static void backward(Workspace<Cpu>& workspace, BatchView<typename G::image, const S> x,
                       const BlockWeights<const S, G, Cpu>& weights, const S* cache,
                       BatchView<typename G::image, const S> y, BatchView<typename G::image, const S> dy,
                       const BlockWeights<S, G, Cpu>& gradients, BatchView<typename G::image, S> dx) {
    using T = detail::BlockTile<S, G>;
    auto frame = workspace.frame();
    const Chunks tiles(x.samples(), T::L), runs = Chunks::at_most(most_partials, tiles.count());
    const Cache<G, const S*> kept(cache, x.samples());
    const Workers<T, S> workers(workspace, frame, tiles, T::group);

    // Phase 1: how the gradient before the ReLU, g, correlates with the standard heads x̂ ⊙ x and with x itself.
    const Partials<S> correlations(frame, runs.count(), Correlations<G, S>::size);
    parallel_for(workspace.threads(), runs.count(), [&](std::size_t run, std::size_t worker) {
      const auto& mem = workers.memory(worker);
      const Correlations<G, S> sums(correlations.start(run));
      for (std::size_t t = runs.begin(run); t < runs.end(run); ++t) {
        load_input<T>(x, tiles, t, mem);
        load_gradient<T>(y, dy, tiles, t, mem);
        T::correlate_input(mem, sums.with_input, sums.bias);
        for (std::size_t m = 0; m < G::maps; ++m)
          T::correlate_head(mem, weights, m, kept.logs(t, m), standard_line<G>(kept, m), sums.with_heads);
      }
    });
    S* total = frame.take<S>(Correlations<G, S>::size);
    std::fill_n(total, Correlations<G, S>::size, S{0});
    correlations.add_to(1, total, 0, Correlations<G, S>::size);
    S* means = frame.take<S>(2 * G::maps);  // of dÂ and of dÂ x̂, per map
    convolution_gradients<G>(Correlations<G, S>(total), weights, gradients, x.samples(), means);

    // Phase 2: the gradients of the arrays, in partial sums, and of x.
    const std::size_t arrays = weights.heads.bias_x ? 4 : 2;
    const Partials<S> partials(frame, runs.count(), arrays * T::M::array);
    S* worker_sums = frame.take<S>(workers.count() * T::M::lane_sums(arrays));
    parallel_for(workspace.threads(), runs.count(), [&](std::size_t run, std::size_t worker) {
      S *partial = partials.start(run), *sums = worker_sums + worker * T::M::lane_sums(arrays);
      const Chunks groups(runs.size(run), T::group);
      for (std::size_t g = 0; g < groups.count(); ++g) {
        const std::size_t first = runs.begin(run) + groups.begin(g);
        for (std::size_t k = 0; k < groups.size(g); ++k) {
          const auto& mem = workers.memory(worker, k);
          load_input<T>(x, tiles, first + k, mem);
          load_gradient<T>(y, dy, tiles, first + k, mem);
          T::start_input_gradient(mem);
        }
        for (std::size_t m = 0; m < G::maps; ++m) {
          const auto norm = norm_gradient<G>(weights, kept, means, m);
          std::fill_n(sums, T::M::lane_sums(arrays), S{0});
          for (std::size_t k = 0; k < groups.size(g); ++k) {
            const auto& mem = workers.memory(worker, k);
            const std::size_t t = first + k;
            const typename T::M::Tile tile(tiles.begin(t), tiles.size(t), mem.x, mem.a, mem.b, mem.t, mem.out);
            typename T::P row_sums[T::H], column_sums[T::W];
            T::relevance_gradient(mem, weights, m, kept.logs(t, m), norm, T::M::mask_of(tile.samples), row_sums,
                                  column_sums);
            if (arrays == 4) T::M::template array_gradients<true>(tile, weights.heads, m, row_sums, column_sums, sums);
            else T::M::template array_gradients<false>(tile, weights.heads, m, row_sums, column_sums, sums);
          }
          for (std::size_t a = 0; a < arrays; ++a)
            add_lane_sums<T::plane>(sums + T::M::lane_sums(a), partial + a * T::M::array + m * T::plane);
        }
        for (std::size_t k = 0; dx && k < groups.size(g); ++k)
          store_tile<T::C * T::plane>(workers.memory(worker, k).out, T::C * T::plane, tiles.size(first + k),
                                      dx[tiles.begin(first + k)].data());
      }
    });
    const std::array targets{gradients.heads.weight_x, gradients.heads.weight_y, gradients.heads.bias_x,
                             gradients.heads.bias_y};
    for (std::size_t a = 0; a < arrays; ++a)
      partials.add_to(workspace.threads(), targets[a].data(), a * T::M::array, T::M::array);
  }

 private:
  /// What forward leaves for backward: normalisers per tile and map, then mean and 1/σ per map.
  template <class G, class Pointer>
  class Cache {
   public:
    Cache(Pointer start, std::size_t samples)
        : start_(start), mean_(start + attention_heads_cache<typename G::image, G::heads>(samples) - 2 * G::maps) {}
    Pointer logs(std::size_t tile, std::size_t m) const {
      using S = std::remove_const_t<std::remove_pointer_t<Pointer>>;
      return start_ + (tile * G::maps + m) * (G::H + G::W) * simd::lanes<S>;
    }
    Pointer mean() const { return mean_; }
    Pointer rstd() const { return mean_ + G::maps; }

   private:
    Pointer start_, mean_;
  };

  /// The memory of every worker: one tile's, or a group's.
  template <class T, class S>
  class Workers {
    using Memory = typename T::Memory;

   public:
    Workers(const Workspace<Cpu>& workspace, Workspace<Cpu>::Frame& frame, const Chunks& tiles, std::size_t group = 1)
        : count_(std::min<std::size_t>(static_cast<std::size_t>(workspace.threads()), tiles.count())), group_(group),
          memories_(frame.take<Memory>(count_ * group)) {
      for (std::size_t w = 0; w < count_; ++w) {
        S* scratch = frame.take<S>(Memory::scratch_elements);
        for (std::size_t k = 0; k < group; ++k)
          new (memories_ + w * group + k) Memory(frame.take<S>(Memory::tile_elements), scratch);
      }
    }
    std::size_t count() const { return count_; }
    const Memory& memory(std::size_t worker, std::size_t tile = 0) const { return memories_[worker * group_ + tile]; }

   private:
    std::size_t count_, group_;
    Memory* memories_;
  };

  /// Sums over the batch of g[o](p) · plane(p + (u, v) − (1, 1)).
  template <class G, class S>
  struct Correlations {
    static constexpr std::size_t size = 9 * G::C * (G::maps + G::C) + G::C;
    explicit Correlations(S* start)
        : with_heads(start), with_input(start + 9 * G::C * G::maps), bias(with_input + 9 * G::C * G::C) {}
    S* with_heads;  // [C, maps, 3, 3], the standard heads x̂ ⊙ x
    S* with_input;  // [C, C, 3, 3]
    S* bias;        // [C]: Σ g
  };

  template <class T, class X>
  static void load_input(X x, const Chunks& tiles, std::size_t t, const typename T::Memory& mem) {
    load_tile<T::C * T::plane>(x[tiles.begin(t)].data(), T::C * T::plane, tiles.size(t), mem.x);
  }
  template <class T, class Y>
  static void load_gradient(Y y, Y dy, const Chunks& tiles, std::size_t t, const typename T::Memory& mem) {
    T::load_gradient(mem, tiles.size(t), y[tiles.begin(t)].data(), dy[tiles.begin(t)].data());
  }

  template <class G, class Kept>
  static auto standard_line(const Kept& kept, std::size_t m) {
    using S = std::remove_cvref_t<decltype(kept.mean()[0])>;
    if constexpr (G::norm == HeadNorm::none) return detail::NormLine<S>{S{0}, S{1}, S{0}};
    else return detail::NormLine<S>{kept.mean()[m], kept.rstd()[m], S{0}};
  }

  template <class G, class S, class Kept>
  static detail::NormGradient<S> norm_gradient(const BlockWeights<const S, G, Cpu>& weights, const Kept& kept,
                                               const S* means, std::size_t m) {
    const auto line = detail::norm_line<G::norm>(weights.heads, kept.mean(), kept.rstd(), m);
    if constexpr (G::norm == HeadNorm::none) return {line, S{0}, S{1}, S{0}, S{0}};
    else return {line, kept.mean()[m], kept.rstd()[m], means[m], means[G::maps + m]};
  }

  /// Gradients of the convolution and of the norm's scale and shift; means(dÂ) and means(dÂ x̂) of every map. With
  /// head = scale · (x̂ ⊙ x) + shift · x, all follow from the correlations:
  ///     Σ g ⋆ head = scale · Σ g ⋆ (x̂ ⊙ x) + shift · Σ g ⋆ x
  ///     Σ dÂ = Σ ∂ℓ/∂head ⊙ x = Σ_{o,u,v} w[o, m, u, v] (Σ g ⋆ x)[o, c, u, v],   Σ dÂ x̂ likewise
  template <class G, class S>
  static void convolution_gradients(const Correlations<G, S>& sums, const BlockWeights<const S, G, Cpu>& weights,
                                    const BlockWeights<S, G, Cpu>& gradients, std::size_t samples, S* means) {
    const auto elements = static_cast<double>(samples * G::H * G::W);
    for (std::size_t m = 0; m < G::maps; ++m) {
      const S scale = weights.heads.scale ? weights.heads.scale[m] : S{1};
      const S shift = weights.heads.shift ? weights.heads.shift[m] : S{0};
      double grad = 0, product = 0;
      for (std::size_t o = 0; o < G::C; ++o)
        for (std::size_t k = 0; k < 9; ++k) {
          const std::size_t at = (o * G::maps + m) * 9 + k;
          const S with_head = sums.with_heads[at], with_input = sums.with_input[(o * G::C + m % G::C) * 9 + k];
          gradients.conv_weight[at] += scale * with_head + shift * with_input;
          grad += static_cast<double>(weights.conv_weight[at]) * static_cast<double>(with_input);
          product += static_cast<double>(weights.conv_weight[at]) * static_cast<double>(with_head);
        }
      if (gradients.heads.scale) gradients.heads.scale[m] += static_cast<S>(product);
      if (gradients.heads.shift) gradients.heads.shift[m] += static_cast<S>(grad);
      means[m] = static_cast<S>(grad / elements);
      means[G::maps + m] = static_cast<S>(product / elements);
    }
    for (std::size_t o = 0; o < G::C; ++o) gradients.conv_bias[o] += sums.bias[o];
  }
};

}  // namespace odot::kernels
