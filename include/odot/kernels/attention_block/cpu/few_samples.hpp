#pragma once
// SPDX-License-Identifier: MIT
// An attention block in evaluation on few samples, on the CPU: a lane is a column of the image, so that one sample
// fills registers. The arrays are read where they are, and the heads add up in registers.

#include <algorithm>
#include <cstddef>
#include <limits>

#include "odot/kernels/attention_block/cpu/form.hpp"
#include "odot/kernels/attention_heads/cpu/in_steps.hpp"
#include "odot/kernels/attention_heads/cpu/scores.hpp"
#include "odot/kernels/eigen.hpp"
#include "odot/kernels/long_sum.hpp"
#include "odot/kernels/sample_tile.hpp"

namespace odot::kernels::detail {

template <class S, ShapeType Image, bool Bias>
class FewSamples {
  using P = simd::Packet<S>;
  static constexpr std::size_t C = Image::extents[0], H = Image::extents[1], W = Image::extents[2], plane = H * W;
  static constexpr std::size_t L = simd::lanes<S>, taps = 9;
  static constexpr std::size_t packets = (W + L - 1) / L, row = packets * L;  // of a row of the image; past W it is 0
  static constexpr std::size_t framed_row = row + 2;  // a zero on each side, for the convolution

  // Sums of columns. Those of long columns lie in memory, [2, row]: the sums, and their rounding errors.
  static constexpr bool long_columns = H > sum_stretch, in_registers = packets <= 8 && !long_columns;
  static constexpr std::size_t column_sums = (long_columns ? 2 : 1) * row;

  /// Rows of a map's array that can be read to the end of their last register; those after them are copied.
  static constexpr std::size_t whole_rows = plane < row ? 0 : (plane - row) / W + 1;
  static constexpr std::size_t copied = plane - whole_rows * W + row;

  /// One array of a map, [H, W].
  class Rows {
   public:
    Rows() = default;
    Rows(const S* array, S* copy) : array_(array), copy_(copy) {
      std::fill(std::copy(array + whole_rows * W, array + plane, copy), copy + copied, S{0});
    }
    const S* operator[](std::size_t i) const { return i < whole_rows ? array_ + i * W : copy_ + (i - whole_rows) * W; }

   private:
    const S *array_ = nullptr, *copy_ = nullptr;
  };

  /// The arrays of one map, for the softmaxes along rows (x) or along columns (y).
  struct Direction {
    Rows weight, bias;
    ODOT_INLINE P score(const P& x, std::size_t i, std::size_t q) const {
      const P w = simd::load(weight[i] + q * L);
      if constexpr (Bias) return simd::multiply_add(x, w, simd::load(bias[i] + q * L));
      else return simd::multiply(x, w);
    }
    /// The score less a peak near it (Peak).
    ODOT_INLINE P score(const P& x, std::size_t i, std::size_t q, const P& minus, const P& rest) const {
      const P w = simd::load(weight[i] + q * L);
      if constexpr (Bias) return simd::fused_multiply_add(x, w, simd::load(bias[i] + q * L), minus, rest);
      else return simd::add(simd::fused_multiply_add(x, w, minus), rest);
    }
  };

 public:
  /// Registers that a map of one sample takes.
  static constexpr std::size_t registers = H * packets;
  static constexpr std::size_t scratch =  // elements a worker, in whole registers
      ((2 * C + 1) * H * row + H + L + column_sums + 2 * row + H * L + (H + 2) * framed_row + 4 * copied + L - 1) / L *
      L;

  /// scales, offsets [maps]: the norm's line.
  FewSamples(const BlockForm<const S>& form, const ScoreBounds<S, Image, Bias>& bounds, const S* scales,
             const S* offsets)
      : form_(form), bounds_(bounds), scales_(scales), offsets_(offsets) {}

  void evaluate(const S* x, S* y, S* memory) const {
    const Memory at(memory);
    std::fill_n(at.x, 2 * C * H * row, S{0});  // x and out
    for (std::size_t k = 0; k < C * H; ++k) std::copy_n(x + k * W, W, at.x + k * row);
    for (std::size_t c = 0; c < C; ++c) {
      const S largest = largest_magnitude(x + c * plane, plane);
      for (std::size_t m = c; m < form_.maps; m += C)
        with_scores(bounds_.size(m, largest), [&]<Scores Size>() {
          softmaxes<Size>(at, m, !(bounds_.largest_score(m, largest) <= Peak<S>::largest_exact));
          add_head(at, m);
        });
    }
    for (std::size_t k = 0; k < C * H; ++k)
      for (std::size_t j = 0; j < W; ++j) {
        const S value = at.out[k * row + j] + form_.conv_bias[k / H] + (form_.skip ? at.x[k * row + j] : S{0});
        y[k * W + j] = form_.relu && value < S{0} ? S{0} : value;  // NaN stays
      }
  }

 private:
  struct Memory {
    explicit Memory(S* memory)
        : x(memory), out(x + C * H * row), terms(out + C * H * row), columns(terms + H * row),
          peaks(columns + column_sums), row_sums(peaks + 2 * row), head(row_sums + H * L),
          copies(head + (H + 2) * framed_row), rows(copies + 4 * copied) {
      std::fill_n(head, (H + 2) * framed_row, S{0});
    }
    S *x, *out;   // [C, H, row]
    S* terms;     // [H, row]: of one map, the product of what both softmaxes take
    S* columns;   // [row]: 1 / their denominators, and room to sum them
    S* peaks;     // [2, row]: of the columns
    S* row_sums;  // [H, lanes]: of the terms along rows
    S* head;      // [H + 2, row + 2]: one head, framed with zeros
    S* copies;    // of the arrays' last rows
    S* rows;      // [H + lanes]: 1 / the denominators of the softmaxes along rows, and room for add_lane_sums
  };

  /// A packet of a row; `otherwise` in the lanes past the row's end.
  ODOT_INLINE static P within_row(std::size_t q, const P& value, S otherwise) {
    if constexpr (row == W) {
      return value;
    } else {
      if (q + 1 < packets) return value;
      S inside[L];
      for (std::size_t l = 0; l < L; ++l) inside[l] = (packets - 1) * L + l < W ? S{1} : S{0};
      return simd::where_less(simd::all(S{0}), simd::load(inside), value, simd::all(otherwise));
    }
  }

  /// Adds a term to a column's sum in memory.
  static ODOT_INLINE void add_to_column(S* column, const P& term) {
    P sum = simd::load(column);
    if constexpr (long_columns) {
      P rest = simd::load(column + row);
      add_compensated(sum, rest, term);
      simd::store(column + row, rest);
    } else {
      sum = simd::add(sum, term);
    }
    simd::store(column, sum);
  }

  /// inexact: what a peak lacks is to be found.
  template <Scores Size>
  void softmaxes(const Memory& at, std::size_t m, bool inexact) const {
    Direction along_row{{form_.weight_x + m * plane, at.copies}, {}};
    Direction along_column{{form_.weight_y + m * plane, at.copies + copied}, {}};
    if constexpr (Bias) along_row.bias = {form_.bias_x + m * plane, at.copies + 2 * copied};
    if constexpr (Bias) along_column.bias = {form_.bias_y + m * plane, at.copies + 3 * copied};
    const S* x = at.x + m % C * H * row;
    // The columns' sums: in registers, of a large image where 1 / denominators go.
    P sums[in_registers ? packets : 1];
    if constexpr (in_registers) std::fill_n(sums, packets, simd::all(S{0}));
    else std::fill_n(at.columns, column_sums, S{0});
    if constexpr (Size == Scores::any) column_peaks(x, along_column, inexact, at.peaks);
    for (std::size_t i = 0; i < H; ++i) {
      P minus = simd::all(S{0}), rest = minus;
      PacketSum<S, packets> sum;
      if constexpr (Size == Scores::any) row_peak(x, along_row, inexact, i, minus, rest);
      in_steps<packets, 2>([&]<std::size_t N>(std::size_t q) {
        P exponents[2 * N], terms[2 * N];  // along the row, then along the columns
        for (std::size_t k = 0; k < N; ++k) {
          const P value = simd::load(x + i * row + (q + k) * L);
          if constexpr (Size == Scores::any) {
            const S* const peak = at.peaks + (q + k) * L;
            exponents[k] = bounded_exponent<Bias>(along_row.score(value, i, q + k, minus, rest));
            exponents[N + k] =
                bounded_exponent<Bias>(along_column.score(value, i, q + k, simd::load(peak), simd::load(peak + row)));
          } else {
            exponents[k] = along_row.score(value, i, q + k);
            exponents[N + k] = along_column.score(value, i, q + k);
          }
        }
        softmax_terms<Size, S>(exponents, terms);
        for (std::size_t k = 0; k < N; ++k) {
          sum.add(within_row(q + k, terms[k], S{0}));
          if constexpr (in_registers) {
            sums[q + k] = simd::add(sums[q + k], terms[N + k]);
          } else {
            add_to_column(at.columns + (q + k) * L, terms[N + k]);
          }
          simd::store(at.terms + i * row + (q + k) * L, simd::multiply(terms[k], terms[N + k]));
        }
      });
      simd::store(at.row_sums + i * L, sum.total());
    }
    std::fill_n(at.rows, H, S{0});
    add_lane_sums<H>(at.row_sums, at.rows);
    array(at.rows, H) = array(at.rows, H).inverse();
    for (std::size_t q = 0; q < packets; ++q)
      simd::store(at.columns + q * L,
                  simd::reciprocal(in_registers ? sums[in_registers ? q : 0] : simd::load(at.columns + q * L)));
  }

  /// peaks [2, row]: of every column, as Peak has them.
  static void column_peaks(const S* x, const Direction& along_column, bool inexact, S* peaks) {
    for (std::size_t q = 0; q < packets; ++q) {
      const auto largest = [&](const auto& of) {
        P most = of(simd::load(x + q * L), 0);
        for (std::size_t i = 1; i < H; ++i) most = simd::larger(most, of(simd::load(x + i * row + q * L), i));
        return most;
      };
      const P minus =
          simd::negate(largest([&](const P& value, std::size_t i) { return along_column.score(value, i, q); }));
      const P zero = simd::all(S{0});
      const auto difference = [&](const P& value, std::size_t i) {
        return along_column.score(value, i, q, minus, zero);
      };
      const P rest = inexact ? simd::negate(largest(difference)) : zero;
      simd::store(peaks + q * L, minus);
      simd::store(peaks + row + q * L, rest);
    }
  }

  /// The same of row i, in all lanes.
  static void row_peak(const S* x, const Direction& along_row, bool inexact, std::size_t i, P& minus, P& rest) {
    const auto largest = [&](const auto& of) {
      P most = simd::all(-std::numeric_limits<S>::infinity());
      for (std::size_t q = 0; q < packets; ++q)
        most = simd::larger(most,
                            within_row(q, of(simd::load(x + i * row + q * L), q), -std::numeric_limits<S>::infinity()));
      return simd::all(simd::largest(most));
    };
    minus = simd::negate(largest([&](const P& value, std::size_t q) { return along_row.score(value, i, q); }));
    const P zero = simd::all(S{0});
    const auto difference = [&](const P& value, std::size_t q) { return along_row.score(value, i, q, minus, zero); };
    rest = inexact ? simd::negate(largest(difference)) : zero;
  }

  /// out += the convolution of head m = Â ⊙ x. All of the head is there before it is read: a load that spans two stores
  /// just made would wait for them.
  void add_head(const Memory& at, std::size_t m) const {
    const S* x = at.x + m % C * H * row;
    const P offset = simd::all(offsets_[m]);
    for (std::size_t i = 0; i < H; ++i) {
      const P scale = simd::all(scales_[m] * at.rows[i]);
      S* to = at.head + (i + 1) * framed_row + 1;
      for (std::size_t q = 0; q < packets; ++q) {
        const P a = simd::multiply(simd::load(at.terms + i * row + q * L), simd::load(at.columns + q * L));
        const P normed = simd::multiply_add(a, scale, offset);
        simd::store(to + q * L, simd::multiply(normed, simd::load(x + i * row + q * L)));
      }
      if constexpr (row > W) to[W] = S{0};  // the frame: x is 0 there, but NaN ⊙ x is not; outputs read no further
    }
    for (std::size_t o = 0; o < C; ++o) {
      const S* w = form_.conv_weight + (o * form_.maps + m) * taps;
      P kernel[taps];
      for (std::size_t t = 0; t < taps; ++t) kernel[t] = simd::all(w[t]);
      for (std::size_t i = 0; i < H; ++i) convolve_row(at.head + i * framed_row, kernel, at.out + (o * H + i) * row);
    }
  }

  /// out [row] += the 3×3 convolution of the three rows from `head` on.
  static ODOT_INLINE void convolve_row(const S* head, const P (&kernel)[taps], S* out) {
    in_steps<packets, 4>([&]<std::size_t N>(std::size_t q) {
      P sums[N];
      for (std::size_t k = 0; k < N; ++k) sums[k] = simd::load(out + (q + k) * L);
#pragma GCC unroll 9
      for (std::size_t t = 0; t < taps; ++t)
        for (std::size_t k = 0; k < N; ++k)
          sums[k] = simd::multiply_add(simd::load(head + t / 3 * framed_row + t % 3 + (q + k) * L), kernel[t], sums[k]);
      for (std::size_t k = 0; k < N; ++k) simd::store(out + (q + k) * L, sums[k]);
    });
  }

  const BlockForm<const S>& form_;
  const ScoreBounds<S, Image, Bias>& bounds_;
  const S *scales_, *offsets_;
};

}  // namespace odot::kernels::detail
