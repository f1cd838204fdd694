#pragma once
// SPDX-License-Identifier: MIT
// The attention-wise heads of one tile of samples, one lane per sample: what AttentionHeads on the CPU adds to
// relevance.hpp.

#include <algorithm>
#include <cstddef>

#include "odot/core/parallel.hpp"
#include "odot/core/view.hpp"
#include "odot/kernels/attention_heads/cpu/relevance.hpp"
#include "odot/kernels/attention_heads/cpu/scores.hpp"
#include "odot/kernels/attention_heads/head_norm.hpp"
#include "odot/kernels/long_sum.hpp"
#include "odot/kernels/sample_tile.hpp"
#include "odot/kernels/simd.hpp"

namespace odot::kernels::detail {

template <class S, ShapeType In, bool Bias>
struct Maps : Relevance<S, In> {
  static_assert(In::rank == 3);
  static_assert(simd::lanes<S> <= 16, "attention_heads_cache pads to 16 samples");
  using R = Relevance<S, In>;
  using R::H, R::W, R::L, R::plane;
  using typename R::P, typename R::Line;
  using Lanes = SampleLanes<S, Bias>;
  using All = AllMaps<S, In, Bias>;
  static constexpr std::size_t C = In::extents[0], arrays = Bias ? 4 : 2;

  /// A tile's samples and what a worker makes of them, in its memory.
  struct Tile {
    static constexpr std::size_t forward_elements = (C * plane + plane + C) * L + R::normaliser_sums + R::peaks;
    static constexpr std::size_t backward_elements =
        forward_elements + (C + 2 + arrays) * plane * L + R::normaliser_sums;

    Tile(BatchView<In, const S> batch, const Chunks& tiles, std::size_t t, S* memory)
        : first(tiles.begin(t)), samples(tiles.size(t)), x(memory), a(x + C * plane * L), inverse(a + plane * L),
          peaks(inverse + R::normaliser_sums), largest(peaks + R::peaks), b(largest + C * L), dy(b + plane * L),
          dx(dy + plane * L), sums(dx + C * plane * L), gradients(sums + R::normaliser_sums) {
      load_tile<C * plane>(batch[first].data(), C * plane, samples, x);
      repeat_last_sample(C * plane, samples, x);
      for (std::size_t c = 0; c < C; ++c) largest[c] = largest_magnitude(x + c * plane * L, plane * L);
    }

    std::size_t first, samples;
    S *x, *a;    // [C, H, W], [H, W]
    S* inverse;  // [H + W]: of a map's softmaxes
    S* peaks;    // [H + W][2]: of the map in hand
    S* largest;  // [C]: |x|, one number each
    // Backward alone:
    S *b, *dy, *dx;  // [H, W], [H, W], [C, H, W]
    S* sums;         // [H + W]: Σ_W t, Σ_H t
    S* gradients;    // [2 or 4, H, W]: of a map's arrays, still one number per lane
  };

  static Lanes lanes(const All& maps, const Tile& tile, std::size_t m) { return {tile.x + m % C * plane * L, maps[m]}; }

  /// body.operator()<Size>() for map m, whose peaks are in tile.peaks where they are needed.
  template <class Body>
  static void with_map(const All& maps, const Tile& tile, std::size_t m, const Body& body) {
    const S most = tile.largest[m % C];
    const Scores size = maps.size(m, most);
    if (size == Scores::any) R::find_peaks(lanes(maps, tile, m), maps.largest_score(m, most), tile.peaks);
    with_scores(size, body);
  }

  /// a = A · both denominators of map m, 1 / denominators in tile.inverse and in `kept` (optional).
  static void softmaxes(const All& maps, const Tile& tile, std::size_t m, S* kept) {
    with_map(maps, tile, m, [&]<Scores Size>() {
      R::template softmaxes<Size>(lanes(maps, tile, m), tile.peaks, tile.a, tile.inverse, kept);
    });
  }

  static Line line_of(const NormLine<S>& norm) {
    return {simd::all(norm.scale), simd::all(norm.shift - norm.mean * norm.scale)};
  }

  /// a = Â ⊙ x, from what `softmaxes` left in the tile.
  static void head(const All& maps, const Tile& tile, std::size_t m, const Line& line) {
    for (std::size_t i = 0; i < H; ++i)
      R::head_row(lanes(maps, tile, m), tile.a, tile.inverse, line, i, tile.a + i * W * L);
  }
  /// The same from what it kept.
  static void head(const All& maps, const Tile& tile, std::size_t m, const S* kept, const Line& line) {
    with_map(maps, tile, m, [&]<Scores Size>() {
      for (std::size_t i = 0; i < H; ++i)
        R::template head_row<Size>(lanes(maps, tile, m), tile.peaks, kept, line, i, tile.a + i * W * L);
    });
  }

  /// y_m = a
  template <ShapeType Out>
  static void store_head(const Tile& tile, std::size_t m, BatchView<Out, S> y) {
    store_tile<plane>(tile.a, Out::size, tile.samples, y[tile.first].data() + m * plane);
  }

  // ---- backward

  /// dy = the gradient of head map m; 0 in the lanes without a sample.
  template <ShapeType Out>
  static void load_gradient(const Tile& tile, BatchView<Out, const S> dy, std::size_t m) {
    load_tile<plane>(dy[tile.first].data() + m * plane, Out::size, tile.samples, tile.dy);
  }

  /// sums = {Σ dÂ, Σ dÂ x̂} over the tile, dÂ = dy ⊙ x, from a = (A − mean) ⊙ x = σ x̂ ⊙ x.
  static void norm_sums(const Tile& tile, std::size_t m, S rstd, double* sums) {
    const S* x = tile.x + m % C * plane * L;
    PacketSum<S, R::long_sums ? plane : 1> sum, product;
    for (std::size_t p = 0; p < plane; ++p) {
      const P grad = simd::load(tile.dy + p * L);
      sum.multiply_add(grad, simd::load(x + p * L));
      product.multiply_add(grad, simd::load(tile.a + p * L));
    }
    sums[0] = static_cast<double>(simd::sum(sum.total()));
    sums[1] = static_cast<double>(simd::sum(product.total())) * static_cast<double>(rstd);
  }

  static void clear_input_gradient(const Tile& tile) { std::fill_n(tile.dx, C * plane * L, S{0}); }

  /// From dy: a = Ax, b = Ay, dy = t = A ⊙ ∂ℓ/∂A, tile.sums, and dx += dy ⊙ Â.
  static void relevance_gradient(const All& maps, const Tile& tile, std::size_t m, const S* kept,
                                 const NormGradient<S>& norm) {
    with_map(maps, tile, m, [&]<Scores Size>() {
      const Exponents<Size, S, Bias> exponents{lanes(maps, tile, m), tile.peaks};
      S* const dx = tile.dx + m % C * plane * L;
      S *const row_sums = tile.sums, *const column_sums = tile.sums + H * L;
      const P mask = R::mask_of(tile.samples);  // lanes without a sample have no gradient of the head
      const P scale = simd::all(norm.scale), offset = simd::all(norm.offset),
              constant = simd::multiply(mask, simd::all(norm.constant)),
              by_relevance = simd::multiply(mask, simd::all(norm.by_relevance));
      std::fill_n(tile.sums, R::normaliser_sums, S{0});
      for (std::size_t i = 0; i < H; ++i) {
        const P row = simd::load(kept + i * L);
        PacketSum<S, W> row_sum;
        for (std::size_t j = 0; j < W; ++j) {
          const std::size_t p = i * W + j, at = p * L;
          const P x = exponents.lanes.value(p), grad = simd::load(tile.dy + at);
          const P scores[2] = {exponents.along_row(x, p, i), exponents.along_column(x, p, H + j)};
          P terms[2];
          softmax_terms<Size, S>(scores, terms);
          const P ax = simd::multiply(terms[0], row), ay = simd::multiply(terms[1], simd::load(kept + (H + j) * L));
          const P relevance = simd::multiply(ax, ay);
          // y = Â ⊙ x
          const P normed = simd::multiply_add(relevance, scale, offset);
          simd::store(dx + at, simd::multiply_add(grad, normed, simd::load(dx + at)));
          // Â = scale · A + offset, both of them through the batch's statistics
          const P inner = simd::multiply_add(simd::multiply(grad, x), scale, constant);
          const P t = simd::multiply(relevance, simd::multiply_add(relevance, by_relevance, inner));
          simd::store(tile.a + at, ax);
          simd::store(tile.b + at, ay);
          simd::store(tile.dy + at, t);
          row_sum.add(t);
          R::add_to_column(column_sums + j * L, t);
        }
        simd::store(row_sums + i * L, row_sum.total());
      }
    });
  }

  /// From a = Ax, b = Ay, dy = t and its sums: the gradients of map m's arrays in tile.gradients; dx += what comes through
  /// the softmaxes.
  static void array_gradients(const All& maps, const Tile& tile, std::size_t m) {
    constexpr std::size_t stride = plane * L;
    const Lanes of = lanes(maps, tile, m);
    S* const dx = tile.dx + m % C * plane * L;
    for (std::size_t i = 0; i < H; ++i) {
      const P row_sum = simd::load(tile.sums + i * L);
      for (std::size_t j = 0; j < W; ++j) {
        const std::size_t p = i * W + j, at = p * L;
        const P t = simd::load(tile.dy + at), x = of.value(p), column_sum = simd::load(tile.sums + (H + j) * L);
        // Ax = softmax over W of x ⊙ Wx + Bx;  Ay = softmax over H of x ⊙ Wy + By
        const P dzx = simd::subtract(t, simd::multiply(simd::load(tile.a + at), row_sum));
        const P dzy = simd::subtract(t, simd::multiply(simd::load(tile.b + at), column_sum));
        const P through_x = simd::multiply_add(dzx, simd::all(of.map.wx[p]), simd::load(dx + at));
        simd::store(dx + at, simd::multiply_add(dzy, simd::all(of.map.wy[p]), through_x));
        S* const to = tile.gradients + at;
        simd::store(to, simd::multiply(dzx, x));
        simd::store(to + stride, simd::multiply(dzy, x));
        if constexpr (Bias) {
          simd::store(to + 2 * stride, dzx);
          simd::store(to + 3 * stride, dzy);
        }
      }
    }
  }

  static void store_input_gradient(const Tile& tile, BatchView<In, S> dx) {
    store_tile<C * plane>(tile.dx, C * plane, tile.samples, dx[tile.first].data());
  }
};

}  // namespace odot::kernels::detail
