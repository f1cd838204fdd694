#pragma once
// SPDX-License-Identifier: MIT
// The backward passes of an attention block on the CPU. Phase 1 gives the convolution's gradients and the means that the
// norm's backward needs, phase 2 the gradients of the arrays and of x.

#include <algorithm>
#include <cstddef>
#include <span>

#include "odot/core/view.hpp"
#include "odot/kernels/attention_block/memory.hpp"
#include "odot/kernels/partials.hpp"

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

  /// Tiles that phase 2 takes together, as many as leave room in a second-level cache (which is larger where registers are
  /// wider): the sums over the lanes of their arrays' gradients are made once.
  static constexpr std::size_t room = (T::L < 16 ? 8192 : 15360) * T::L;
  static constexpr std::size_t group =
      std::clamp<std::size_t>(room / (Tile::elements + grad_stride + C * T::plane * T::L), 1, 4);

  /// Runs of tiles, a partial sum each: 32, but 16 where a run would have a single tile.
  static Chunks runs_of(const Chunks& tiles) {
    return Chunks::at_most(tiles.count() < 2 * most_partials ? most_partials / 2 : most_partials, tiles.count());
  }

 public:
  BlockBackward(Workspace<Cpu>& workspace, X x, const Form& form, const BlockCache<T, const S*>& cache, X y, X dy,
                const BlockForm<S>& gradients, BatchView<Image, S> dx)
      : workspace_(workspace), frame_(workspace.frame()), x_(x), y_(y), dy_(dy), dx_(dx), form_(form),
        gradients_(gradients), cache_(cache), maps_(frame_, form), tiles_(x.samples(), T::L), runs_(runs_of(tiles_)),
        workers_(workspace, frame_, runs_.count(), group), means_(frame_.take<S>(2 * form.maps)),
        grad_(frame_.take<S>(tiles_.count() * grad_stride)) {}

  void run() {
    correlate();
    if (dx_) array_gradients<true>();
    else array_gradients<false>();
  }

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
    parallel_for(workspace_.threads(), runs_.count(), [&](std::size_t run, std::size_t worker) {
      const auto& scratch = workers_.scratch(worker);
      auto& tile = workers_.tile(worker);
      S *with_heads = partials.start(run), *with_input = with_heads + heads_size, *bias = with_input + C * C * taps;
      for (std::size_t t = runs_.begin(run); t < runs_.end(run); ++t) {
        T::load_gradient(y_[tiles_.begin(t)].data(), dy_[tiles_.begin(t)].data(), tiles_.size(t), form_.relu, scratch,
                         grad_ + t * grad_stride);
        show(t, tile);
        T::correlate_input(tile, scratch, with_input, bias);
        for (std::size_t m = 0; m < form_.maps; ++m) {
          with_scores(size_of(tile, m), [&]<Scores Size>() { correlate_head<Size>(tile, scratch, t, m, with_heads); });
        }
      }
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
    T::correlate(
        tile, scratch, [&](std::size_t i, S* to) { T::template head_row<Size>(lanes, kept, standard, i, to); },
        with_heads + m * taps, form_.maps * taps);
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
          gradients_.conv_weight[at] += scale * with_head + shift * with_x;
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
    const Partials<S> partials(frame, runs_.count(), arrays * array);
    S* memory = frame.take<S>(workers_.count() * GroupSums::elements);
    parallel_for(workspace_.threads(), runs_.count(), [&](std::size_t run, std::size_t worker) {
      GroupSums sums(memory + worker * GroupSums::elements, partials.start(run), array);
      const Chunks groups(runs_.size(run), group);
      for (std::size_t g = 0; g < groups.count(); ++g) {
        const std::size_t first = runs_.begin(run) + groups.begin(g), count = groups.size(g);
        for (std::size_t k = 0; k < count; ++k) {
          Tile& tile = workers_.tile(worker, k);
          show(first + k, tile);
          std::fill_n(tile.column_sums, T::W * T::L, S{0});
          if (InputGradient) T::start_input_gradient(tile, form_.skip);
        }
        for (std::size_t c = 0; c < C; ++c)
          channel_gradients<InputGradient>(std::span(&workers_.tile(worker), count), first, c, sums);
        for (std::size_t k = 0; InputGradient && k < count; ++k)
          store_tile<Image::size>(workers_.tile(worker, k).out, Image::size, tiles_.size(first + k),
                                  dx_[tiles_.begin(first + k)].data());
      }
    });
    S* const targets[] = {gradients_.weight_x, gradients_.weight_y, gradients_.bias_x, gradients_.bias_y};
    for (std::size_t a = 0; a < arrays; ++a) partials.add_to(workspace_.threads(), targets[a], a * array, array);
  }

  /// The rows of a group of tiles, on their way into the sums over samples. `partial`: [arrays, maps, H, W].
  struct GroupSums {
    using Rows = LaneSums<T::W, S>;
    static constexpr std::size_t stride = Rows::elements + T::skew, row = T::W * T::L + T::skew;
    static constexpr std::size_t elements = (Bias ? 6 : 3) * stride + 2 * row;
    GroupSums(S* memory, S* partial_sums, std::size_t array_size)
        : through_x(memory, stride), through_y(memory + arrays / 2 * stride, stride),
          column(memory + arrays * stride, stride), a(memory + arrays / 2 * 3 * stride), t(a + row),
          partial(partial_sums), array(array_size) {}

    /// The sums of the arrays along rows, or along columns.
    struct Pair {
      Pair(S* memory, std::size_t distance) : w(memory), b(memory + distance) {}
      void start(S* to_w, S* to_b) {
        w.start(to_w);
        if constexpr (Bias) b.start(to_b);
      }
      typename T::RowSums row() const { return {w.row(), Bias ? b.row() : nullptr}; }
      void add() {
        w.add();
        if constexpr (Bias) b.add();
      }
      void finish() {
        w.finish();
        if constexpr (Bias) b.finish();
      }
      Rows w, b;
    };
    void start_along_rows(Pair& sums, std::size_t m) const { start(sums, 0, m); }
    void start_along_columns(Pair& sums, std::size_t m) const { start(sums, 1, m); }

    Pair through_x, through_y, column;  // column: the rest of what comes through Ay
    S *a, *t;                           // rows of one tile
    S* partial;
    std::size_t array;

   private:
    void start(Pair& sums, std::size_t which, std::size_t m) const {
      S* to = partial + which * array + m * T::plane;
      sums.start(to, to + 2 * array);
    }
  };

  /// The maps of a channel in a group of tiles. What comes through Ay is complete only when all rows of a map are done; the
  /// rest of it is made together with the next map, while x and its gradient are in the first-level cache.
  template <bool InputGradient>
  void channel_gradients(std::span<Tile> tiles, std::size_t first, std::size_t c, GroupSums& sums) const {
    for (std::size_t h = 0; h <= form_.heads; ++h) {
      const std::size_t m = h * C + c, before = m - C;
      if (h < form_.heads) {
        sums.start_along_rows(sums.through_x, m);
        sums.start_along_columns(sums.through_y, m);
      }
      if (h > 0) sums.start_along_columns(sums.column, before);
      for (std::size_t i = 0; i < T::H; ++i) {
        for (std::size_t k = 0; h > 0 && k < tiles.size(); ++k) {
          const auto lanes = T::lanes(tiles[k], maps_[before], before);
          if (k == 0) T::template column_gradients<true, InputGradient>(tiles[k], lanes, before, i, sums.column.row());
          else T::template column_gradients<false, InputGradient>(tiles[k], lanes, before, i, sums.column.row());
        }
        if (h > 0) sums.column.add();
        for (std::size_t k = 0; h < form_.heads && k < tiles.size(); ++k)
          map_row<InputGradient>(tiles[k], first + k, m, i, k == 0, sums);
        if (h < form_.heads) sums.through_x.add(), sums.through_y.add();
      }
      if (h > 0) sums.column.finish();
      if (h == form_.heads) break;
      sums.through_x.finish();
      sums.through_y.finish();
      for (std::size_t k = 0; k < tiles.size(); ++k)
        with_scores(size_of(tiles[k], m),
                    [&]<Scores Size>() { T::template finish_columns<Size>(tiles[k], cache_.kept(first + k, m)); });
    }
  }

  /// Row i of map m in tile t of the batch.
  template <bool InputGradient>
  ODOT_INLINE void map_row(const Tile& tile, std::size_t t, std::size_t m, std::size_t i, bool first,
                           GroupSums& sums) const {
    const auto lanes = T::lanes(tile, maps_[m], m);
    const auto norm = norm_gradient(m);
    const auto mask = T::mask_of(tile.samples);
    T::head_gradient_row(tile, form_, m, i, sums.t);
    typename T::P minus_sum;
    with_scores(size_of(tile, m), [&]<Scores Size>() {
      minus_sum = T::template relevance_row<Size, InputGradient>(tile, lanes, m, cache_.kept(t, m), norm, mask, i,
                                                                 sums.a, sums.t);
    });
    const auto through_x = sums.through_x.row(), through_y = sums.through_y.row();
    if (first)
      T::template row_gradients<true, InputGradient>(tile, lanes, m, minus_sum, i, sums.a, sums.t, through_x,
                                                     through_y);
    else
      T::template row_gradients<false, InputGradient>(tile, lanes, m, minus_sum, i, sums.a, sums.t, through_x,
                                                      through_y);
  }

  Scores size_of(const Tile& tile, std::size_t m) const { return maps_.size(m, tile.largest[m % C]); }

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

}  // namespace odot::kernels::detail
