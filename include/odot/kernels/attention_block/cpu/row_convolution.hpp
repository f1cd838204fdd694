#pragma once
// SPDX-License-Identifier: MIT
// The 3×3 convolution of an attention block on the CPU, row by row while the rows are made. Everything is
// [element][lane], one packet per element.

#include <algorithm>
#include <cstddef>

#include "odot/core/shape.hpp"
#include "odot/kernels/attention_heads/cpu/in_steps.hpp"
#include "odot/kernels/simd.hpp"

namespace odot::kernels::detail {

template <class S, ShapeType Image>
struct RowConvolution {
  static constexpr std::size_t H = Image::extents[1], W = Image::extents[2], L = simd::lanes<S>;
  static constexpr std::size_t framed_row = W + 2;  // a zero on each side
  static constexpr std::size_t taps = 9;            // of its kernel
  using P = simd::Packet<S>;

  /// Three rows of a plane, [3][W + 2]: that of the convolution's kernel in the middle, those above and below.
  struct Rows {
    const S* row[3];
    ODOT_INLINE P operator()(std::size_t u, std::size_t q) const { return simd::load(row[u] + q * L); }
  };

  /// The last three rows of a plane that is made row by row and needed no longer.
  class RowRing {
   public:
    static constexpr std::size_t elements = 4 * framed_row * L;
    explicit RowRing(S* memory) : memory_(memory) { std::fill_n(memory, elements, S{0}); }

    /// Where row i goes, [W].
    S* row(std::size_t i) const { return memory_ + (i % 3 * framed_row + 1) * L; }
    /// The rows around row i; outside the plane they are 0.
    Rows around(std::size_t i) const {
      return {{i > 0 ? row(i - 1) - L : zeros(), row(i) - L, i + 1 < H ? row(i + 1) - L : zeros()}};
    }
    /// A row of zeros, [W + 2].
    const S* zeros() const { return memory_ + 3 * framed_row * L; }

   private:
    S* memory_;
  };

  /// sums[k] += Σ_{u,v} rows[u](j + k + v) · kernel[u][v], k < N: outputs j … j + N − 1 of a 3×3 convolution, padding
  /// 1. Each number of the rows is read once.
  template <std::size_t N>
  static ODOT_INLINE void convolve(const Rows& rows, std::size_t j, const P (&kernel)[taps], P (&sums)[N]) {
#pragma GCC unroll 3
    for (std::size_t u = 0; u < 3; ++u)
#pragma GCC unroll 16
      for (std::size_t q = 0; q < N + 2; ++q) {
        const P value = rows(u, j + q);
#pragma GCC unroll 3
        for (std::size_t v = 0; v < 3; ++v)
          if (q >= v && q < N + v) sums[q - v] = simd::multiply_add(value, kernel[u * 3 + v], sums[q - v]);
      }
  }

  /// out (a row) = start(j) + the 3×3 convolution, padding 1.
  template <class Start>
  static ODOT_INLINE void convolve_row(const Rows& rows, const P (&kernel)[taps], const Start& start, S* out) {
    in_steps<W, 4>([&]<std::size_t N>(std::size_t j) {
      P sums[N];
      for (std::size_t k = 0; k < N; ++k) sums[k] = start(j + k);
      convolve(rows, j, kernel, sums);
      for (std::size_t k = 0; k < N; ++k) simd::store(out + (j + k) * L, sums[k]);
    });
  }
};

}  // namespace odot::kernels::detail
