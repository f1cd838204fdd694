#pragma once
// SPDX-License-Identifier: MIT
// The scores of attention maps, x ⊙ w (+ b), on the CPU: their layout in SIMD lanes, and the subtraction of the largest
// score of a row or column.

#include <cstddef>
#include <type_traits>

#include "odot/kernels/attention_heads/cpu/score_bounds.hpp"
#include "odot/kernels/eigen.hpp"
#include "odot/kernels/simd.hpp"

namespace odot::kernels::detail {

/// One map of many samples side by side: x is [H·W, lanes], the arrays have one number per element.
template <class S, bool Bias>
struct SampleLanes {
  using P = simd::Packet<S>;
  const S* x;
  MapArrays<S> map;

  ODOT_INLINE P value(std::size_t p) const { return simd::load(x + p * simd::lanes<S>); }
  ODOT_INLINE P along_row(const P& value, std::size_t p) const { return score(value, map.wx, map.bx, p); }
  ODOT_INLINE P along_column(const P& value, std::size_t p) const { return score(value, map.wy, map.by, p); }
  ODOT_INLINE P along_both(const P& value, std::size_t p) const { return score(value, map.w_both, map.b_both, p); }

  /// The score less a peak near it (Peak).
  ODOT_INLINE P along_row(const P& value, std::size_t p, const P& minus, const P& rest) const {
    return difference(value, map.wx, map.bx, p, minus, rest);
  }
  ODOT_INLINE P along_column(const P& value, std::size_t p, const P& minus, const P& rest) const {
    return difference(value, map.wy, map.by, p, minus, rest);
  }

 private:
  static ODOT_INLINE P difference(const P& value, const S* w, const S* b, std::size_t p, const P& minus,
                                  const P& rest) {
    if constexpr (Bias) return simd::fused_multiply_add(value, simd::all(w[p]), simd::all(b[p]), minus, rest);
    else return simd::add(simd::fused_multiply_add(value, simd::all(w[p]), minus), rest);
  }
  static ODOT_INLINE P score(const P& value, const S* w, const S* b, std::size_t p) {
    if constexpr (Bias) return simd::multiply_add(value, simd::all(w[p]), simd::all(b[p]));
    else return simd::multiply(value, simd::all(w[p]));
  }
};

/// Minus a row's or column's largest score, [2, lanes]: the number nearest to it, and what that lacks.
template <class S>
struct Peak {
  static constexpr std::size_t elements = 2 * simd::lanes<S>;
  /// Above this size of scores, what the nearest number lacks is worth looking for: e to its power is not near 1.
  static constexpr S largest_exact = std::is_same_v<S, float> ? S(0x1p20) : S(0x1p48);
};

/// Sums beyond a double's precision are off by more than 1: no exponential overflows.
template <bool Bias, class P>
ODOT_INLINE P bounded_exponent(const P& exponent) {
  if constexpr (Bias) return simd::smaller(exponent, simd::all(typename Eigen::internal::unpacket_traits<P>::type(1)));
  else return exponent;
}

/// The exponents of a map's terms: its scores, less the peak of their row or column where they can be large.
/// The maximum of the products as they are rounded would not do: less that, the largest score is not 0 if the compiler
/// multiplies and subtracts in one instruction, and for large scores it is far from 0.
template <Scores Size, class S, bool Bias>
struct Exponents {
  using P = simd::Packet<S>;
  SampleLanes<S, Bias> lanes;
  const S* peaks;  // of rows, then of columns; `peak` numbers them

  ODOT_INLINE P along_row(const P& value, std::size_t p, std::size_t peak) const {
    if constexpr (Size == Scores::any)
      return bounded_exponent<Bias>(lanes.along_row(value, p, minus(peak), rest(peak)));
    else return lanes.along_row(value, p);
  }
  ODOT_INLINE P along_column(const P& value, std::size_t p, std::size_t peak) const {
    if constexpr (Size == Scores::any)
      return bounded_exponent<Bias>(lanes.along_column(value, p, minus(peak), rest(peak)));
    else return lanes.along_column(value, p);
  }
  ODOT_INLINE P along_both(const P& value, std::size_t p, std::size_t row_peak, std::size_t column_peak) const {
    if constexpr (Size == Scores::any)
      return simd::add(along_row(value, p, row_peak), along_column(value, p, column_peak));
    else return lanes.along_both(value, p);
  }

 private:
  ODOT_INLINE P minus(std::size_t peak) const { return simd::load(peaks + peak * Peak<S>::elements); }
  ODOT_INLINE P rest(std::size_t peak) const { return simd::load(peaks + peak * Peak<S>::elements + simd::lanes<S>); }
};

}  // namespace odot::kernels::detail
