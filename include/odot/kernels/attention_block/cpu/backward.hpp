#pragma once
// SPDX-License-Identifier: MIT
// The backward passes of an attention block on the CPU. Phase 1 gives the convolution's gradients and the means that the
// norm's backward needs, phase 2 the gradients of the arrays and of x.

#include <algorithm>
#include <cstddef>

#include "odot/core/view.hpp"
#include "odot/kernels/attention_block/cpu/memory.hpp"
#include "odot/kernels/partials.hpp"
#include "odot/kernels/row_stretches.hpp"

namespace odot::kernels::detail {

template <class S, ShapeType Image, bool Bias>
class BlockBackward {
  using T = BlockTile<S, Image, Bias>;
  using Tile = typename T::Tile;
  using Form = BlockForm<const S>;
  using Maps = AllMaps<S, Image, Bias>;
  using X = BatchView<Image, const S>;
  static constexpr std::size_t C = T::C, taps = T::taps, most_partials = 32, arrays = Bias ? 4 : 2;

  static constexpr std::size_t grad_stride = C * T::framed * T::L;

  /// Runs of tiles, a partial sum each: 32, but 16 where a run would have a single tile.
  static Chunks runs_of(const Chunks& tiles) {
    return Chunks::at_most(tiles.count() < 2 * most_partials ? most_partials / 2 : most_partials, tiles.count());
  }

 public:
  BlockBackward(Workspace<Cpu>& workspace, X x, const Form& form, const BlockCache<T, const S*>& cache, X y, X dy,
                const BlockForm<S>& gradients, BatchView<Image, S> dx)
      : workspace_(workspace), frame_(workspace.frame()), x_(x), y_(y), dy_(dy), dx_(dx), form_(form),
        gradients_(gradients), cache_(cache), maps_(frame_, form), tiles_(x.samples(), T::L), runs_(runs_of(tiles_)),
        workers_(workspace, frame_, runs_.count()), means_(frame_.take<S>(2 * form.maps)),
        grad_(frame_.take<S>(tiles_.count() * grad_stride)) {}

  void run();

 private:
  /// Makes `tile` tile t of the batch, gradient included (which phase 1 lays out).
  void show(std::size_t t, Tile& tile) const {
    cache_.show(t, tiles_, tile);
    tile.grad = grad_ + t * grad_stride;
  }

  /// Phase 1: how the gradient before the ReLU, g, correlates with the standard heads x̂ ⊙ x and with x itself.
  void correlate() {
    // [C, maps, 3, 3] with the heads, [C, C, 3, 3] with x, [C]: Σ g
    const std::size_t heads_size = C * form_.maps * taps, size = heads_size + C * C * taps + C;
    auto frame = workspace_.frame();
    const Partials<S> partials(frame, runs_.count(), size);
    const RowStretches<S> stretches(workspace_, frame, runs_.chunk_size(), size);
    parallel_for(workspace_.threads(), runs_.count(), [&](std::size_t run, std::size_t worker) {
      const auto& scratch = workers_.scratch(worker);
      auto& tile = workers_.tile(worker);
      const auto add_tiles = [&](std::size_t first, std::size_t last, S* with_heads) {
        S *with_input = with_heads + heads_size, *bias = with_input + C * C * taps;
        for (std::size_t t = first; t < last; ++t) {
          T::load_gradient(y_[tiles_.begin(t)].data(), dy_[tiles_.begin(t)].data(), tiles_.size(t), form_.relu, scratch,
                           grad_ + t * grad_stride);
          show(t, tile);
          T::correlate_input(tile, with_input, bias);
          for (std::size_t m = 0; m < form_.maps; ++m) {
            with_scores(T::scores_of(maps_, tile, m),
                        [&]<Scores Size>() { correlate_head<Size>(tile, scratch, t, m, with_heads); });
          }
        }
      };
      stretches.sum(worker, runs_.begin(run), runs_.end(run), partials.start(run), add_tiles);
    });
    const S* total = partials.sum(1);
    convolution_gradients(total, total + heads_size);
    for (std::size_t o = 0; o < C; ++o) gradients_.conv_bias[o] += total[heads_size + C * C * taps + o];
  }

  template <Scores Size>
  void correlate_head(const Tile& tile, const typename T::Scratch& scratch, std::size_t t, std::size_t m,
                      S* with_heads) const {
    const auto lanes = T::lanes(tile, maps_[m], m);
    const S* kept = cache_.kept(t, m);
    const bool normed = form_.norm != HeadNorm::none;
    const S mean = normed ? cache_.mean()[m] : S{0}, rstd = normed ? cache_.rstd()[m] : S{1};
    const typename T::Line standard{simd::all(rstd), simd::all(-mean * rstd)};
    const auto make_row = [&](std::size_t i) {
      T::template head_row<Size>(lanes, tile.peaks, kept, standard, i, scratch.map);
      return scratch.map;
    };
    T::correlate(tile, make_row, with_heads + m * taps, form_.maps * taps);
  }

  /// Gradients of the convolution and of the norm's scale and shift; means(dÂ) and means(dÂ x̂) of every map. With
  /// head = scale · (x̂ ⊙ x) + shift · x, all follow from the correlations:
  ///     Σ g ⋆ head = scale · Σ g ⋆ (x̂ ⊙ x) + shift · Σ g ⋆ x
  ///     Σ dÂ = Σ ∂ℓ/∂head ⊙ x = Σ_{o,u,v} w[o, m, u, v] (Σ g ⋆ x)[o, c, u, v],   Σ dÂ x̂ likewise
  void convolution_gradients(const S* with_heads, const S* with_input) const {
    const auto elements = static_cast<double>(x_.samples() * T::plane);
    for (std::size_t m = 0; m < form_.maps; ++m) {
      const S scale = form_.scale ? form_.scale[m] : S{1}, shift = form_.shift ? form_.shift[m] : S{0};
      double grad = 0, product = 0;
      for (std::size_t o = 0; o < C; ++o)
        for (std::size_t k = 0; k < taps; ++k) {
          const std::size_t at = (o * form_.maps + m) * taps + k;
          const S with_head = with_heads[at], with_x = with_input[(o * C + m % C) * taps + k];
          gradients_.conv_weight[at] += shift == 0 ? scale * with_head : scale * with_head + shift * with_x;  // 0 · ∞
          grad += static_cast<double>(form_.conv_weight[at]) * static_cast<double>(with_x);
          product += static_cast<double>(form_.conv_weight[at]) * static_cast<double>(with_head);
        }
      if (gradients_.scale) gradients_.scale[m] += static_cast<S>(product);
      if (gradients_.shift) gradients_.shift[m] += static_cast<S>(grad);
      means_[m] = static_cast<S>(grad / elements);
      means_[form_.maps + m] = static_cast<S>(product / elements);
    }
  }

  NormGradient<S> norm_gradient(std::size_t m) const {
    const auto line = block_norm_line(form_, cache_.mean(), cache_.rstd(), m);
    if (form_.norm == HeadNorm::none) return {line, S{0}, S{1}, S{0}, S{0}};
    return {line, cache_.mean()[m], cache_.rstd()[m], means_[m], means_[form_.maps + m]};
  }

  /// Phase 2: the gradients of the arrays, in partial sums, and of x.
  template <bool InputGradient>
  void array_gradients() {
    auto frame = workspace_.frame();
    const std::size_t array = form_.maps * T::plane;
    const Partials<S> partials(frame, runs_.count(), arrays * array + T::L);  // add_lane_sums needs what follows
    const RowStretches<S> stretches(workspace_, frame, runs_.chunk_size(), arrays * array);
    S* memory = frame.take<S>(workers_.count() * ArrayRows::elements);
    parallel_for(workspace_.threads(), runs_.count(), [&](std::size_t run, std::size_t worker) {
      auto& tile = workers_.tile(worker);
      const S* zeros = workers_.scratch(worker).head.zeros();
      const auto add_tiles = [&](std::size_t first, std::size_t last, S* sum) {
        const ArrayRows rows(memory + worker * ArrayRows::elements, sum, array);
        for (std::size_t t = first; t < last; ++t) {
          show(t, tile);
          std::fill_n(tile.column_sums, T::R::column_sums, S{0});
          for (std::size_t c = 0; c < C; ++c) channel_gradients<InputGradient>(tile, t, c, rows, zeros);
          if (InputGradient)
            store_tile<Image::size>(tile.out, Image::size, tiles_.size(t), dx_[tiles_.begin(t)].data());
        }
      };
      stretches.sum(worker, runs_.begin(run), runs_.end(run), partials.start(run), add_tiles);
    });
    S* const targets[] = {gradients_.weight_x, gradients_.weight_y, gradients_.bias_x, gradients_.bias_y};
    for (std::size_t a = 0; a < arrays; ++a) partials.add_to(workspace_.threads(), targets[a], a * array, array);
  }

  /// Rows of a tile's array gradients, on their way into the sums over samples. `partial`: [arrays, maps, H, W].
  class ArrayRows {
    static constexpr std::size_t row = T::W * T::L + T::skew;

   public:
    static constexpr std::size_t elements = (Bias ? 4 : 3) * row;
    ArrayRows(S* memory, S* partial, std::size_t array)
        : grad(memory), a(grad + row), gradient{a + row, Bias ? a + 2 * row : nullptr}, partial_(partial),
          array_(array) {}

    S *grad, *a;  // ∂ℓ/∂head and relevance_row's `a`, [W]
    typename T::GradientRow gradient;

    /// `gradient` is row i of map m's part of both arrays, or of one.
    void add_to_both(std::size_t m, std::size_t i) const { add(at(0, m, i), at(1, m, i)); }
    void add_along_row(std::size_t m, std::size_t i) const { add(at(0, m, i)); }
    void add_along_column(std::size_t m, std::size_t i) const { add(at(1, m, i)); }

   private:
    S* at(std::size_t direction, std::size_t m, std::size_t i) const {
      return partial_ + direction * array_ + m * T::plane + i * T::W;
    }
    template <class... To>
    void add(To*... to) const {
      add_lane_sums<T::W>(gradient.w, to...);
      if constexpr (Bias) add_lane_sums<T::W>(gradient.b, (to + 2 * array_)...);
    }

    S* partial_;
    std::size_t array_;
  };

  /// The maps of a channel. What comes through Ay is complete only when all rows of a map are done; the rest of it is made
  /// together with the next map, while x and its gradient are in the first-level cache.
  template <bool InputGradient>
  void channel_gradients(const Tile& tile, std::size_t t, std::size_t c, const ArrayRows& rows, const S* zeros) const {
    for (std::size_t h = 0; h <= form_.heads; ++h) {
      const std::size_t m = h * C + c, previous = m - C;
      const Scores size = h < form_.heads ? T::scores_of(maps_, tile, m) : Scores::any;
      for (std::size_t i = 0; i < T::H; ++i) {
        if (h > 0) {
          T::template column_gradients<InputGradient>(tile, T::lanes(tile, maps_[previous], previous), previous, i,
                                                      rows.gradient);
          rows.add_along_column(previous, i);
        }
        if (h == form_.heads) continue;
        const S* before = h > 0 ? T::out_row(tile, m, i) : form_.skip ? tile.grad_row(c, i) : zeros;
        map_row<InputGradient>(tile, t, m, size, i, before, rows);
      }
      if (h < form_.heads) T::finish_columns(tile, cache_.kept(t, m));
    }
  }

  /// Row i of map m in tile t of the batch; `before`: the input's gradient so far.
  template <bool InputGradient>
  ODOT_INLINE void map_row(const Tile& tile, std::size_t t, std::size_t m, Scores size, std::size_t i, const S* before,
                           const ArrayRows& rows) const {
    const auto lanes = T::lanes(tile, maps_[m], m);
    const auto norm = norm_gradient(m);
    const auto mask = T::mask_of(tile.samples);
    T::head_gradient_row(tile, form_, m, i, rows.grad);
    typename T::P minus_sum;
    with_scores(size, [&]<Scores Size>() {
      minus_sum = T::template relevance_row<Size, InputGradient>(tile, lanes, m, cache_.kept(t, m), norm, mask, i,
                                                                 rows.grad, before, rows.a, rows.gradient);
    });
    rows.add_to_both(m, i);
    T::template row_gradients<InputGradient>(tile, lanes, m, i, rows.a, minus_sum, rows.gradient);
    rows.add_along_row(m, i);
  }

  Workspace<Cpu>& workspace_;
  Workspace<Cpu>::Frame frame_;
  X x_, y_, dy_;
  BatchView<Image, S> dx_;
  const Form& form_;
  const BlockForm<S>& gradients_;
  const BlockCache<T, const S*>& cache_;
  Maps maps_;
  Chunks tiles_, runs_;
  BlockWorkers<T> workers_;
  S* means_;  // of dÂ and of dÂ x̂, per map
  S* grad_;   // the gradient before the ReLU, in tiles of framed planes
};

template <class S, ShapeType Image, bool Bias>
void BlockBackward<S, Image, Bias>::run() {
  correlate();
  if (dx_) array_gradients<true>();
  else array_gradients<false>();
}

}  // namespace odot::kernels::detail
