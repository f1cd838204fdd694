#pragma once
// SPDX-License-Identifier: MIT
// The arithmetic of an attention block on one tile of samples, on the CPU: everything is [element][lane], a lane is a
// sample. "Framed" planes have a border of one zero element on each side, for the 3×3 convolution.

#include <algorithm>
#include <cstddef>
#include <limits>

#include "odot/kernels/attention_block/cpu/form.hpp"
#include "odot/kernels/attention_block/cpu/row_convolution.hpp"
#include "odot/kernels/attention_heads/cpu/in_steps.hpp"
#include "odot/kernels/attention_heads/cpu/relevance.hpp"
#include "odot/kernels/attention_heads/cpu/scores.hpp"
#include "odot/kernels/attention_heads/head_norm.hpp"
#include "odot/kernels/eigen.hpp"
#include "odot/kernels/long_sum.hpp"
#include "odot/kernels/sample_tile.hpp"

namespace odot::kernels::detail {

template <class S, ShapeType Image, bool Bias>
struct BlockTile : Relevance<S, Image> {
  using R = Relevance<S, Image>;
  using R::H, R::W, R::L, R::plane;
  using typename R::P, typename R::Line;
  using Convolution = RowConvolution<S, Image>;
  using Rows = typename Convolution::Rows;
  using RowRing = typename Convolution::RowRing;
  static constexpr std::size_t framed_row = Convolution::framed_row, taps = Convolution::taps;
  using Lanes = SampleLanes<S, Bias>;
  using Form = BlockForm<const S>;
  static constexpr std::size_t C = Image::extents[0];
  static constexpr std::size_t framed = (H + 2) * framed_row;

  // Arrays that are used together start at different places of a memory page: a load whose address equals that of an
  // unfinished store in the lowest 12 bits waits for it.
  static constexpr std::size_t skew = 10 * L;

  /// A worker's scratch, used tile after tile.
  struct Scratch {
    static constexpr std::size_t elements = RowRing::elements + plane * L + R::normaliser_sums + 2 * skew;
    explicit Scratch(S* memory)
        : head(memory), map(memory + RowRing::elements + skew), inverse(map + plane * L + skew) {}
    RowRing head;  // one head
    S* map;        // [H, W]: one map; in load_gradient one channel, sample after sample
    S* inverse;    // [H + W], and room to sum them
  };

  /// The samples of a tile. What a worker makes of them lies in its memory; x and the gradient may lie elsewhere.
  struct Tile {
    static constexpr std::size_t elements = (C * plane + plane + W) * L + R::column_sums + R::peaks + 5 * skew;
    explicit Tile(S* memory)
        : out(memory + skew), along_column(out + C * plane * L + skew), column_sums(along_column + plane * L + skew),
          column_factors(column_sums + R::column_sums + skew), peaks(column_factors + W * L + skew) {}

    const S* x = nullptr;        // [C, H, W]
    const S* largest = nullptr;  // [C]: |x|
    const S* grad = nullptr;     // [C] framed: the gradient before the ReLU
    S* out;                      // [C, H, W]: the output, or the input's gradient
    S* along_column;             // [H, W]: the terms of Ay of one map
    S* column_sums;              // [W]: Σ_H t of one map, as far as it is (Relevance::add_to_column)
    S* column_factors;           // [W]: −Σ_H t of the map before it, with the factor that makes Ay of its terms
    S* peaks;                    // [H + W][2]: of the map in hand
    std::size_t samples = 0;

    const S* grad_row(std::size_t o, std::size_t i) const { return grad + (o * framed + (i + 1) * framed_row + 1) * L; }
    Rows grad_rows(std::size_t o, std::size_t i) const {
      const S* row = grad_row(o, i) - L;
      return {{row - framed_row * L, row, row + framed_row * L}};
    }
  };

  /// x [C, H, W] and the largest |x| of each channel (largest_magnitude), from samples; lanes without one are like the
  /// last.
  static void load_input(const S* samples, std::size_t count, S* x, S* largest) {
    load_tile<C * plane>(samples, C * plane, count, x);
    repeat_last_sample(C * plane, count, x);
    for (std::size_t c = 0; c < C; ++c) largest[c] = largest_magnitude(x + c * plane * L, plane * L);
  }

  /// The border of a framed plane = 0.
  static void clear_frame(S* plane_at) {
    std::fill_n(plane_at, (framed_row + 1) * L, S{0});
    for (std::size_t i = 1; i <= H; ++i) std::fill_n(plane_at + ((i + 1) * framed_row - 1) * L, 2 * L, S{0});
    std::fill_n(plane_at + ((H + 1) * framed_row + 1) * L, (framed_row - 1) * L, S{0});
  }

  /// grad [C] framed = dy, 0 where the ReLU gave 0 (not where it gave NaN) and in the lanes without a sample.
  static void load_gradient(const S* y, const S* dy, std::size_t count, bool relu, const Scratch& scratch, S* grad) {
    for (std::size_t o = 0; o < C; ++o) {
      S* const to = grad + o * framed * L;
      clear_frame(to);
      for (std::size_t l = 0; relu && l < count; ++l) {  // y = max(…, 0)
        const std::size_t from = (l * C + o) * plane;
        array(scratch.map + l * plane, plane) = (array(y + from, plane) <= S{0}).select(S{0}, array(dy + from, plane));
      }
      load_elements(relu ? scratch.map : dy + o * plane, plane, relu ? plane : C * plane, count,
                    [&](std::size_t p) { return to + ((p / W + 1) * framed_row + p % W + 1) * L; });
    }
  }

  static Lanes lanes(const Tile& tile, const MapArrays<S>& map, std::size_t m) {
    return {tile.x + m % C * plane * L, map};
  }

  /// How the exponentials of map m are taken. If the scores are large, find their peaks before the map's first row.
  template <class Maps>
  static Scores scores_of(const Maps& maps, const Tile& tile, std::size_t m) {
    const S most = tile.largest[m % C];
    const Scores size = maps.size(m, most);
    if (size == Scores::any) R::find_peaks(lanes(tile, maps[m], m), maps.largest_score(m, most), tile.peaks);
    return size;
  }

  /// Head m's kernel for output channel o.
  static const S* kernel(const Form& form, std::size_t o, std::size_t m) {
    return form.conv_weight + (o * form.maps + m) * taps;
  }

  // ---- forward

  /// out [+]= the convolution of head m, whose rows make_row(i, to) makes on the way. Map 0, which must come first,
  /// starts the sums, with x where there is a skip connection.
  template <class MakeRow>
  static ODOT_INLINE void add_head(const Tile& tile, const Form& form, std::size_t m, const Scratch& scratch,
                                   const MakeRow& make_row) {
    for (std::size_t i = 0; i <= H; ++i) {
      if (i < H) make_row(i, scratch.head.row(i));
      for (std::size_t o = 0; i > 0 && o < C; ++o) {
        const S* w = kernel(form, o, m);
        P k[taps];
        for (std::size_t t = 0; t < taps; ++t) k[t] = simd::all(w[t]);
        S* const out = out_row(tile, o, i - 1);
        const S* const before = m > 0 ? out : form.skip ? tile.x + (o * plane + (i - 1) * W) * L : scratch.head.zeros();
        Convolution::convolve_row(
            scratch.head.around(i - 1), k, [&](std::size_t j) { return simd::load(before + j * L); }, out);
      }
    }
  }

  /// y = [ReLU](out + bias)
  static void finish_output(const Tile& tile, const Form& form, S* y) {
    for (std::size_t o = 0; o < C; ++o) {
      const P bias = simd::all(form.conv_bias[o]),
              least = simd::all(form.relu ? S{0} : -std::numeric_limits<S>::infinity());
      const auto finished = [&](std::size_t p) {
        return simd::max_keeping_nan(simd::add(simd::load(tile.out + (o * plane + p) * L), bias), least);
      };
      store_elements(finished, plane, C * plane, tile.samples, y + o * plane);
    }
  }

  // ---- backward, first pass: how the gradient correlates with heads and input

  /// The sums of a correlation; for a large image also their rounding errors (add_compensated).
  struct Correlation {
    P sums[taps], rests[R::long_sums ? taps : 1];
  };

  /// sums[u][v] += Σ_j plane(j) · grads[u](j + v), of a plane's row and the framed rows of the gradient around it.
  static ODOT_INLINE void correlate_row(const S* plane_row, const Rows& grads, Correlation& to) {
    auto& sums = to.sums;
    P row_sums[taps];
    for (std::size_t t = 0; t < taps; ++t) row_sums[t] = R::long_sums ? simd::all(S{0}) : sums[t];
    const auto end_stretch = [&] {
      for (std::size_t t = 0; t < taps; ++t) {
        add_compensated(sums[t], to.rests[R::long_sums ? t : 0], row_sums[t]);
        row_sums[t] = simd::all(S{0});
      }
    };
    in_steps<W, 4>([&]<std::size_t N>(std::size_t j) {
      P values[N];
      for (std::size_t k = 0; k < N; ++k) values[k] = simd::load(plane_row + (j + k) * L);
#pragma GCC unroll 3
      for (std::size_t u = 0; u < 3; ++u)
#pragma GCC unroll 8
        for (std::size_t q = 0; q < N + 2; ++q) {
          const P grad = grads(u, j + q);
#pragma GCC unroll 3
          for (std::size_t v = 0; v < 3; ++v)
            if (q >= v && q < N + v) row_sums[u * 3 + v] = simd::multiply_add(values[q - v], grad, row_sums[u * 3 + v]);
        }
      if constexpr (R::long_sums)
        if ((j + N) % sum_stretch == 0) end_stretch();
    });
    if constexpr (R::long_sums) end_stretch();
    else
      for (std::size_t t = 0; t < taps; ++t) sums[t] = row_sums[t];
  }

  /// totals[o · stride][u][v] += Σ_p grad[o](p) · plane(p + (u, v) − (1, 1)), of the plane whose row i is make_row(i).
  /// Taken from the plane's side, where the gradient's frame is 0: Σ_q plane(q) · grad[o](q − (u, v) + (1, 1)).
  template <class MakeRow>
  static ODOT_INLINE void correlate(const Tile& tile, const MakeRow& make_row, S* totals, std::size_t stride) {
    in_steps<C, 8>([&]<std::size_t Outputs>(std::size_t first) {  // with so many channels the sums are on the stack
      Correlation of[Outputs];
      for (auto& of_output : of) {
        for (auto& sum : of_output.sums) sum = simd::all(S{0});
        if constexpr (R::long_sums)
          for (auto& rest : of_output.rests) rest = simd::all(S{0});
      }
      for (std::size_t i = 0; i < H; ++i) {
        const S* const row = make_row(i);
        for (std::size_t o = 0; o < Outputs; ++o) correlate_row(row, tile.grad_rows(first + o, i), of[o]);
      }
      for (std::size_t o = 0; o < Outputs; ++o)
        for (std::size_t t = 0; t < taps; ++t) totals[(first + o) * stride + t] += simd::sum(of[o].sums[taps - 1 - t]);
    });
  }

  /// with_input[o][c][u][v] += Σ grad[o] · x[c];  bias[o] += Σ grad[o].
  static void correlate_input(const Tile& tile, S* with_input, S* bias) {
    for (std::size_t c = 0; c < C; ++c)
      correlate(tile, [&](std::size_t i) { return tile.x + (c * plane + i * W) * L; }, with_input + c * taps, C * taps);
    for (std::size_t o = 0; o < C; ++o) {
      PacketSum<S, R::long_sums ? plane : 1> sum;
      for (std::size_t i = 0; i < H; ++i)
        for (std::size_t j = 0; j < W; ++j) sum.add(simd::load(tile.grad_row(o, i) + j * L));
      bias[o] += simd::sum(sum.total());
    }
  }

  // ---- backward, second pass: the gradients of the arrays and of x

  /// ∂ℓ/∂head m at row i: to[j] = Σ_o Σ_{u,v} w[o][m][u][v] · grad[o](p − (u, v) + (1, 1)).
  static ODOT_INLINE void head_gradient_row(const Tile& tile, const Form& form, std::size_t m, std::size_t i, S* to) {
    for (std::size_t o = 0; o < C; ++o) {
      const S* w = kernel(form, o, m);
      P k[taps];
      for (std::size_t t = 0; t < taps; ++t) k[t] = simd::all(w[taps - 1 - t]);  // rotated by 180°
      const Rows rows = tile.grad_rows(o, i);
      if (o == 0) Convolution::convolve_row(rows, k, [](std::size_t) { return simd::all(S{0}); }, to);
      else Convolution::convolve_row(rows, k, [&](std::size_t j) { return simd::load(to + j * L); }, to);
    }
  }

  /// A row of array gradients, one number per lane, [W].
  struct GradientRow {
    S *w, *b;  // of Wx or Wy, and of Bx or By
  };

  // With t = A ⊙ ∂ℓ/∂A, the gradients of the scores are ∂ℓ/∂zx = t − Ax Σ_W t and ∂ℓ/∂zy = t − Ay Σ_H t. relevance_row
  // takes the first term of both, softmax_row the second term of one.

  /// Row i of map m, from `grads`, ∂ℓ/∂head: `a` [W] = the terms of Ax, and tile.along_column those of Ay; t's part of
  /// the arrays' gradients goes `to` a row; adds t to tile.column_sums. Returns −Σ_W t times the factor that makes Ax
  /// of `a`. InputGradient: out = before + ∂ℓ/∂head ⊙ Â + t ⊙ (Wx + Wy).
  template <Scores Size, bool InputGradient>
  static ODOT_INLINE P relevance_row(const Tile& tile, const Lanes& lanes, std::size_t m, const S* kept,
                                     const NormGradient<S>& norm, const P& mask, std::size_t i, const S* grads,
                                     const S* before, S* a, const GradientRow& to) {
    const Exponents<Size, S, Bias> exponents{lanes, tile.peaks};
    const P row = simd::load(kept + i * L), offset = simd::all(norm.offset);
    // Lanes without a sample have no gradient, so that t is 0 there without these two.
    const P masked = simd::multiply(row, mask);
    const P scale = simd::multiply(row, simd::all(norm.scale));
    const P constant = simd::multiply(masked, simd::all(norm.constant));
    const P by_relevance = simd::multiply(simd::multiply(masked, row), simd::all(norm.by_relevance));
    S *const out = out_row(tile, m, i), *const along_column = tile.along_column + i * W * L;
    S* const column_sums = tile.column_sums;
    const GradientRow gradient = to;  // a copy: stores of packets may change what is not a local variable
    PacketSum<S, W> sum;
    in_steps<W, 2>([&]<std::size_t N>(std::size_t j) {
      const std::size_t p = i * W + j;
      P x[N], scores[2 * N], terms[2 * N];  // along the row, then along the columns
      for (std::size_t k = 0; k < N; ++k) {
        x[k] = lanes.value(p + k);
        scores[k] = exponents.along_row(x[k], p + k, i);
        scores[N + k] = exponents.along_column(x[k], p + k, H + j + k);
      }
      softmax_terms<Size, S>(scores, terms);
      for (std::size_t k = 0; k < N; ++k) {
        const std::size_t at = (j + k) * L;
        const P grad = simd::load(grads + at);
        // t: A up to the row's factor; head = Â ⊙ x; Â = scale · A + offset, which follow from the batch's statistics
        const P column = simd::load(kept + (H + j + k) * L);
        const P relevance = simd::multiply(column, simd::multiply(terms[k], terms[N + k]));
        const P inner = simd::multiply_add(simd::multiply(grad, x[k]), scale, constant);
        const P t = simd::multiply(relevance, simd::multiply_add(relevance, by_relevance, inner));
        // the input's gradient
        if constexpr (InputGradient) {
          const P normed = simd::multiply_add(relevance, scale, offset);
          const P dx = simd::multiply_add(grad, normed, simd::load(before + at));
          simd::store(out + at, simd::multiply_add(t, simd::all(lanes.map.w_both[p + k]), dx));
        }
        // sums, and what is kept for softmax_row
        sum.add(t);
        R::add_to_column(column_sums + at, t);
        simd::store(gradient.w + at, simd::multiply(t, x[k]));
        if constexpr (Bias) simd::store(gradient.b + at, t);
        simd::store(a + at, terms[k]);
        simd::store(along_column + at, terms[N + k]);
      }
    });
    return simd::multiply(row, simd::negate(sum.total()));
  }

  /// Row i of map m: rest = terms ⊙ factor(j), which is −Ax Σ_W t or −Ay Σ_H t, with `w` the map's Wx or Wy. Its
  /// part of the arrays' gradients goes `to` a row. InputGradient: out += rest ⊙ w.
  template <bool InputGradient, class Factor>
  static ODOT_INLINE void softmax_row(const Tile& tile, const Lanes& lanes, const S* w, std::size_t m, std::size_t i,
                                      const S* terms, const Factor& factor, const GradientRow& to) {
    S* const out = out_row(tile, m, i);
    const GradientRow gradient = to;
    in_steps<W, 4>([&]<std::size_t N>(std::size_t j) {
      for (std::size_t k = j; k < j + N; ++k) {
        const std::size_t p = i * W + k, at = k * L;
        const P rest = simd::multiply(simd::load(terms + at), factor(k));
        simd::store(gradient.w + at, simd::multiply(rest, lanes.value(p)));
        if constexpr (Bias) simd::store(gradient.b + at, rest);
        if constexpr (InputGradient)
          simd::store(out + at, simd::multiply_add(rest, simd::all(w[p]), simd::load(out + at)));
      }
    });
  }

  /// The part of row i of map m that comes through Ax, from relevance_row's `a` and result.
  template <bool InputGradient>
  static ODOT_INLINE void row_gradients(const Tile& tile, const Lanes& lanes, std::size_t m, std::size_t i, const S* a,
                                        const P& minus_sum, const GradientRow& to) {
    softmax_row<InputGradient>(tile, lanes, lanes.map.wx, m, i, a, [&](std::size_t) { return minus_sum; }, to);
  }

  /// Map m's column_sums are complete: they become column_factors, and are 0 for the next map.
  static void finish_columns(const Tile& tile, const S* kept) {
    for (std::size_t j = 0; j < W; ++j) {
      const P minus_sum = simd::negate(simd::load(tile.column_sums + j * L));
      simd::store(tile.column_factors + j * L, simd::multiply(simd::load(kept + (H + j) * L), minus_sum));
      simd::store(tile.column_sums + j * L, simd::all(S{0}));
    }
    if constexpr (R::long_columns) std::fill_n(tile.column_sums + W * L, W * L, S{0});
  }

  /// The part of row i of map m that comes through Ay, once its columns are finished.
  template <bool InputGradient>
  static ODOT_INLINE void column_gradients(const Tile& tile, const Lanes& lanes, std::size_t m, std::size_t i,
                                           const GradientRow& to) {
    const S* const factors = tile.column_factors;
    softmax_row<InputGradient>(
        tile, lanes, lanes.map.wy, m, i, tile.along_column + i * W * L,
        [&](std::size_t j) { return simd::load(factors + j * L); }, to);
  }

  /// Row i of map m's channel in out.
  static S* out_row(const Tile& tile, std::size_t m, std::size_t i) { return tile.out + (m % C * plane + i * W) * L; }
};

}  // namespace odot::kernels::detail
