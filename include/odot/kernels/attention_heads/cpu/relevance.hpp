#pragma once
// SPDX-License-Identifier: MIT
// Relevance maps and heads on the CPU, lane by lane: A = softmax along rows ⊙ softmax along columns, head = norm(A) ⊙
// x. Everything is [element][lane], one packet per element; a lane is a sample (scores.hpp).

#include <algorithm>
#include <cstddef>

#include "odot/kernels/attention_heads/cpu/in_steps.hpp"
#include "odot/kernels/attention_heads/cpu/scores.hpp"
#include "odot/kernels/long_sum.hpp"
#include "odot/kernels/moments.hpp"
#include "odot/kernels/simd.hpp"

namespace odot::kernels::detail {

template <class S, ShapeType Image>
struct Relevance {
  static constexpr std::size_t H = Image::extents[1], W = Image::extents[2], plane = H * W, L = simd::lanes<S>;
  static constexpr std::size_t normalisers = (H + W) * L;                // of a map: one per row, one per column
  static constexpr bool long_columns = H > sum_stretch;                  // their sums need care
  static constexpr bool long_sums = H > sum_stretch || W > sum_stretch;  // so do those over a plane
  static constexpr std::size_t column_sums = (long_columns ? 2 : 1) * W * L;
  static constexpr std::size_t normaliser_sums = H * L + column_sums;  // room for normalisers while they are summed
  static constexpr std::size_t peaks = (H + W) * Peak<S>::elements;
  using P = simd::Packet<S>;

  /// Adds a term to a column's sum, one of [W]. Sums of long columns are [2, W]: the sums, and their rounding
  /// errors. All of them are 0 at first.
  static ODOT_INLINE void add_to_column(S* column, const P& term) {
    if constexpr (long_columns) {
      P sum = simd::load(column), rest = simd::load(column + W * L);
      add_compensated(sum, rest, term);
      simd::store(column, sum);
      simd::store(column + W * L, rest);
    } else {
      simd::store(column, simd::add(simd::load(column), term));
    }
  }

  /// A map's norm as a line: Â = A · scale + offset, lane by lane.
  struct Line {
    P scale, offset;
  };

  /// The peaks of a map's rows, then of its columns, [H + W][2], for scores that are at most `largest_score`.
  template <class Lanes>
  static void find_peaks(const Lanes& of, S largest_score, S* map_peaks) {
    const Lanes lanes = of;
    maxima([&](const P& x, std::size_t p, std::size_t) { return lanes.along_row(x, p); },
           [&](const P& x, std::size_t p, std::size_t) { return lanes.along_column(x, p); }, lanes, map_peaks);
    const P zero = simd::all(S{0});
    for (std::size_t k = 0; k < H + W; ++k) {
      S* const peak = map_peaks + k * Peak<S>::elements;
      simd::store(peak, simd::negate(simd::load(peak)));
      simd::store(peak + L, zero);
    }
    if (largest_score <= Peak<S>::largest_exact) return;
    const auto minus = [&](std::size_t k) { return simd::load(map_peaks + k * Peak<S>::elements); };
    maxima([&](const P& x, std::size_t p, std::size_t i) { return lanes.along_row(x, p, minus(i), zero); },
           [&](const P& x, std::size_t p, std::size_t j) { return lanes.along_column(x, p, minus(H + j), zero); },
           lanes, map_peaks + L);
    for (std::size_t k = 0; k < H + W; ++k) {
      S* const rest = map_peaks + k * Peak<S>::elements + L;
      simd::store(rest, simd::negate(simd::load(rest)));
    }
  }

  /// 1 in the lanes of samples, 0 in the others.
  static P mask_of(std::size_t samples) {
    S real[L];
    for (std::size_t l = 0; l < L; ++l) real[l] = l < samples ? S{1} : S{0};
    return simd::load(real);
  }

  /// e = A · (its row's denominator) · (its column's); inverse [H + W] = 1 / denominators, which `kept` (optional) gets
  /// too; it has room for normaliser_sums. map_peaks: Scores::any only.
  template <Scores Size, bool Bias>
  static void softmaxes(const SampleLanes<S, Bias>& lanes, const S* map_peaks, S* e, S* inverse, S* kept) {
    const Exponents<Size, S, Bias> exponents{lanes, map_peaks};
    S* const columns = inverse + H * L;  // their sums, on the way
    std::fill_n(columns, column_sums, S{0});
    for (std::size_t i = 0; i < H; ++i) {
      PacketSum<S, W> row;
      in_steps<W, 2>([&]<std::size_t N>(std::size_t j) {
        const std::size_t p = i * W + j;
        P scores[2 * N], terms[2 * N];  // along the row, then along the columns
        for (std::size_t k = 0; k < N; ++k) {
          const P x = exponents.lanes.value(p + k);
          scores[k] = exponents.along_row(x, p + k, i);
          scores[N + k] = exponents.along_column(x, p + k, H + j + k);
        }
        softmax_terms<Size, S>(scores, terms);
        for (std::size_t k = 0; k < N; ++k) {
          row.add(terms[k]);
          add_to_column(columns + (j + k) * L, terms[N + k]);
          simd::store(e + (p + k) * L, simd::multiply(terms[k], terms[N + k]));
        }
      });
      simd::store(inverse + i * L, simd::reciprocal(row.total()));
    }
    for (std::size_t j = 0; j < W; ++j) simd::store(columns + j * L, simd::reciprocal(simd::load(columns + j * L)));
    if (kept) std::copy_n(inverse, normalisers, kept);
  }

  /// Moments over the first `lanes` lanes of A = e · (its row's inverse) · (its column's). The deviations are those
  /// from 1/(H·W), which A's mean comes close to where its variance is small.
  static Moments moments(const S* e, const S* inverse, std::size_t lanes) {
    constexpr S centre = S{1} / static_cast<S>(plane);
    PacketSum<S, H> sum, squares;
    for (std::size_t i = 0; i < H; ++i) {
      // The row's inverse r is taken out: A − centre = r (e · column's inverse − centre / r).
      const P row = simd::load(inverse + i * L), minus_centre = simd::divide(simd::all(-centre), row);
      PacketSum<S, (W + 3) / 4> row_sums[4], row_squares[4];
      in_steps<W, 4>([&]<std::size_t N>(std::size_t j) {
        for (std::size_t k = 0; k < N; ++k) {
          const P column = simd::load(inverse + (H + j + k) * L);
          const P d = simd::multiply_add(simd::load(e + (i * W + j + k) * L), column, minus_centre);
          row_sums[k].add(d);
          row_squares[k].multiply_add(d, d);
        }
      });
      const auto total = [](auto& of) {
        return simd::add(simd::add(of[0].total(), of[1].total()), simd::add(of[2].total(), of[3].total()));
      };
      sum.multiply_add(total(row_sums), row);
      squares.multiply_add(simd::multiply(total(row_squares), row), row);
    }
    S sums[L], deviations[L];
    simd::store(sums, sum.total());
    simd::store(deviations, squares.total());
    double first = 0, second = 0;
    for (std::size_t l = 0; l < lanes; ++l) {
      first += static_cast<double>(sums[l]);
      second += static_cast<double>(deviations[l]);
    }
    const auto count = static_cast<double>(lanes * plane);
    return {count, static_cast<double>(centre) + first / count, (std::max)(second - first * first / count, 0.0)};
  }

  /// Row i of the head, Â ⊙ x, from the exponentials and inverses of `softmaxes`.
  template <class Lanes>
  static ODOT_INLINE void head_row(const Lanes& lanes, const S* e, const S* inverse, const Line& line, std::size_t i,
                                   S* head) {
    const P scale = simd::multiply(simd::load(inverse + i * L), line.scale);
    for (std::size_t j = 0; j < W; ++j) {
      const std::size_t p = i * W + j;
      const P a = simd::multiply(simd::load(e + p * L), simd::load(inverse + (H + j) * L));
      simd::store(head + j * L, simd::multiply(simd::multiply_add(a, scale, line.offset), lanes.value(p)));
    }
  }

  /// The same from what is kept of the softmaxes and the peaks: one exponential per element.
  template <Scores Size, bool Bias>
  static ODOT_INLINE void head_row(const SampleLanes<S, Bias>& lanes, const S* map_peaks, const S* kept,
                                   const Line& line, std::size_t i, S* head) {
    const Exponents<Size, S, Bias> exponents{lanes, map_peaks};
    const P scale = simd::multiply(simd::load(kept + i * L), line.scale);
    in_steps<W, 4>([&]<std::size_t N>(std::size_t j) {
      const std::size_t p = i * W + j;
      P x[N], scores[N], a[N];
      for (std::size_t k = 0; k < N; ++k) {
        x[k] = lanes.value(p + k);
        scores[k] = exponents.along_both(x[k], p + k, i, H + j + k);
      }
      softmax_products<Size, S>(scores, a);
      for (std::size_t k = 0; k < N; ++k) {
        const P column = simd::load(kept + (H + j + k) * L);
        const P normed = simd::multiply_add(simd::multiply(column, a[k]), scale, line.offset);
        simd::store(head + (j + k) * L, simd::multiply(normed, x[k]));
      }
    });
  }

 private:
  /// to [H + W][2]: the first packet of each = the largest along_row(x, p, i) of row i, the largest along_column(x, p,
  /// j) of column j. Where there is NaN, its own exponential makes NaN of the softmax.
  template <class AlongRow, class AlongColumn, class Lanes>
  static ODOT_INLINE void maxima(const AlongRow& along_row, const AlongColumn& along_column, const Lanes& lanes,
                                 S* to) {
    constexpr std::size_t stride = Peak<S>::elements;
    S* const columns = to + H * stride;
    for (std::size_t j = 0; j < W; ++j) simd::store(columns + j * stride, along_column(lanes.value(j), j, j));
    for (std::size_t i = 0; i < H; ++i) {
      P most = along_row(lanes.value(i * W), i * W, i);
      for (std::size_t j = 0; j < W; ++j) {
        const std::size_t p = i * W + j;
        const P x = lanes.value(p);
        S* const column = columns + j * stride;
        most = simd::larger(most, along_row(x, p, i));
        simd::store(column, simd::larger(simd::load(column), along_column(x, p, j)));
      }
      simd::store(to + i * stride, most);
    }
  }
};

}  // namespace odot::kernels::detail
