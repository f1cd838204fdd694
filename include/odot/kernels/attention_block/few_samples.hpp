#pragma once
// SPDX-License-Identifier: MIT
// An attention block in evaluation on few samples, on the CPU: a lane is a column of the image, so that one sample fills
// registers. The arrays are read where they are, and the heads add up in registers.

#include <algorithm>
#include <cstddef>
#include <limits>

#include "odot/kernels/attention_block/scores.hpp"
#include "odot/kernels/eigen.hpp"
#include "odot/kernels/sample_tile.hpp"

namespace odot::kernels::detail {

template <class S, ShapeType Image, bool Bias>
class FewSamples {
  using P = simd::Packet<S>;
  static constexpr std::size_t C = Image::extents[0], H = Image::extents[1], W = Image::extents[2], plane = H * W;
  static constexpr std::size_t L = simd::lanes<S>, taps = 9;
  static constexpr std::size_t packets = (W + L - 1) / L, row = packets * L;  // of a row of the image; past W it is 0
  static constexpr std::size_t framed_row = row + 2;  // a zero on each side, for the convolution

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
  };

 public:
  /// Registers that a map of one sample takes.
  static constexpr std::size_t registers = H * packets;
  static constexpr std::size_t scratch =  // elements a worker, in whole registers
      ((2 * C + 1) * H * row + H + L + row + H * L + (H + 2) * framed_row + 4 * copied + L - 1) / L * L;

  /// scales, offsets [maps]: the norm's line.
  FewSamples(const BlockForm<const S>& form, const ScoreBounds<S, Image, Bias>& bounds, const S* scales,
             const S* offsets)
      : form_(form), bounds_(bounds), scales_(scales), offsets_(offsets) {}

  void evaluate(const S* x, S* y, S* memory) const {
    const Memory at(memory);
    std::fill_n(at.x, 2 * C * H * row, S{0});  // x and out
    for (std::size_t k = 0; k < C * H; ++k) std::copy_n(x + k * W, W, at.x + k * row);
    for (std::size_t c = 0; c < C; ++c) {
      const S largest = array(x + c * plane, plane).abs().maxCoeff();
      for (std::size_t m = c; m < form_.maps; m += C)
        with_scores(bounds_.size(m, largest), [&]<Scores Size>() {
          softmaxes<Size>(at, m);
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
        : x(memory), out(x + C * H * row), terms(out + C * H * row), columns(terms + H * row), row_sums(columns + row),
          head(row_sums + H * L), copies(head + (H + 2) * framed_row), rows(copies + 4 * copied) {
      std::fill_n(head, (H + 2) * framed_row, S{0});
    }
    S *x, *out;   // [C, H, row]
    S* terms;     // [H, row]: of one map, the product of what both softmaxes take
    S* columns;   // [row]: 1 / their denominators, or the largest scores before
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

  template <Scores Size>
  void softmaxes(const Memory& at, std::size_t m) const {
    Direction along_row{{form_.weight_x + m * plane, at.copies}, {}};
    Direction along_column{{form_.weight_y + m * plane, at.copies + copied}, {}};
    if constexpr (Bias) along_row.bias = {form_.bias_x + m * plane, at.copies + 2 * copied};
    if constexpr (Bias) along_column.bias = {form_.bias_y + m * plane, at.copies + 3 * copied};
    const S* x = at.x + m % C * H * row;
    P sums[packets];
    std::fill_n(sums, packets, simd::all(S{0}));
    if constexpr (Size == Scores::any) largest_scores(x, along_column, at.columns);
    for (std::size_t i = 0; i < H; ++i) {
      const P largest = Size == Scores::any ? simd::all(largest_score(x, along_row, i)) : simd::all(S{0});
      P sum = simd::all(S{0});
      in_steps<packets, 2>([&]<std::size_t N>(std::size_t q) {
        P scores[2 * N], kept[2 * N], terms[2 * N];  // along the row, then along the columns
        for (std::size_t k = 0; k < N; ++k) {
          const P value = simd::load(x + i * row + (q + k) * L);
          scores[k] = along_row.score(value, i, q + k);
          scores[N + k] = along_column.score(value, i, q + k);
          kept[k] = largest;
          kept[N + k] = Size == Scores::any ? simd::load(at.columns + (q + k) * L) : largest;
        }
        softmax_terms<Size, S>(scores, kept, terms);
        for (std::size_t k = 0; k < N; ++k) {
          sum = simd::add(sum, within_row(q + k, terms[k], S{0}));
          sums[q + k] = simd::add(sums[q + k], terms[N + k]);
          simd::store(at.terms + i * row + (q + k) * L, simd::multiply(terms[k], terms[N + k]));
        }
      });
      simd::store(at.row_sums + i * L, sum);
    }
    std::fill_n(at.rows, H, S{0});
    add_lane_sums<H>(at.row_sums, at.rows);
    array(at.rows, H) = array(at.rows, H).inverse();
    for (std::size_t q = 0; q < packets; ++q) simd::store(at.columns + q * L, simd::reciprocal(sums[q]));
  }

  /// largest[j] = max_i score(i, j)
  static void largest_scores(const S* x, const Direction& along_column, S* largest) {
    for (std::size_t q = 0; q < packets; ++q) {
      P most = along_column.score(simd::load(x + q * L), 0, q);
      for (std::size_t i = 1; i < H; ++i)
        most = simd::max(most, along_column.score(simd::load(x + i * row + q * L), i, q));
      simd::store(largest + q * L, most);
    }
  }

  static S largest_score(const S* x, const Direction& along_row, std::size_t i) {
    P most = simd::all(std::numeric_limits<S>::lowest());
    for (std::size_t q = 0; q < packets; ++q)
      most = simd::max(most, within_row(q, along_row.score(simd::load(x + i * row + q * L), i, q),
                                        std::numeric_limits<S>::lowest()));
    return simd::largest(most);
  }

  /// out += the convolution of head m = Â ⊙ x. All of the head is there before it is read: a load that spans two stores just
  /// made would wait for them.
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
