#pragma once
// SPDX-License-Identifier: MIT
// The scores of attention maps, x ⊙ w (+ b), on the CPU: how they lie in SIMD lanes, and how large they can be.
//
// All of this, of relevance.hpp and of attention_block/cpu depends on the image's shape alone. The number of heads and the
// norm are run-time numbers here, so that models of one image shape share the compiled code.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <type_traits>

#include "odot/core/shape.hpp"
#include "odot/core/workspace.hpp"
#include "odot/kernels/attention_heads/contract.hpp"
#include "odot/kernels/eigen.hpp"
#include "odot/kernels/exponential.hpp"
#include "odot/kernels/simd.hpp"

namespace odot::kernels::detail {

/// The heads' number, norm and arrays; those that they lack are null.
template <class S>
struct HeadsForm {
  std::size_t heads, maps;  // maps = heads · C; map m = h·C + c
  HeadNorm norm;
  S *weight_x, *weight_y, *bias_x, *bias_y;  // [maps, H, W]
  S *scale, *shift;                          // [maps]
};

template <class S, class Weights>
HeadsForm<S> heads_form(std::size_t heads, HeadNorm norm, const Weights& w) {
  return {.heads = heads,
          .maps = Weights::maps,
          .norm = norm,
          .weight_x = w.weight_x.data(),
          .weight_y = w.weight_y.data(),
          .bias_x = w.bias_x.data(),
          .bias_y = w.bias_y.data(),
          .scale = w.scale.data(),
          .shift = w.shift.data()};
}

/// How a map's exponentials are taken in a tile of samples. It follows from x and the arrays alone, so every pass comes to
/// the same answer.
/// tiny: no |score| exceeds 1/2, along rows or along columns,
/// low:  none exceeds 1. No maximum is subtracted, a short polynomial does.
/// any:  the largest score of the row or column is subtracted (Relevance::find_peaks).
/// What is kept of a softmax is 1/Σ exp.
enum class Scores { tiny, low, any };

/// What elements contribute to a softmax, but for a factor of their row or column.
template <Scores Size, class S, std::size_t N>
ODOT_INLINE void softmax_terms(const simd::Packet<S> (&exponents)[N], simd::Packet<S> (&terms)[N]) {
  if constexpr (Size == Scores::any)
    for (std::size_t k = 0; k < N; ++k) terms[k] = simd::softmax_exp<S>(exponents[k]);
  else simd::small_exp<S, Size == Scores::tiny ? 0 : 1>(exponents, terms);
}

/// The products of a row's and a column's terms: `exponents` are the sums of both.
template <Scores Size, class S, std::size_t N>
ODOT_INLINE void softmax_products(const simd::Packet<S> (&exponents)[N], simd::Packet<S> (&products)[N]) {
  if constexpr (Size == Scores::any)
    for (std::size_t k = 0; k < N; ++k) products[k] = simd::softmax_exp<S>(exponents[k]);
  else simd::small_exp<S, Size == Scores::tiny ? 1 : 2>(exponents, products);
}

/// body.operator()<N>(j) for the elements j … j + N − 1 of a row of `Count`, at most `Step` at a time: enough chains of
/// dependent instructions to keep a processor busy.
template <std::size_t Count, std::size_t Step, class Body>
ODOT_INLINE void in_steps(const Body& body) {
  constexpr std::size_t rest = Count % Step;
  for (std::size_t j = 0; j + rest < Count; j += Step) body.template operator()<Step>(j);
  if constexpr (rest > 0) body.template operator()<rest>(Count - rest);
}

/// body.operator()<Size>() for the size of the scores.
template <class Body>
ODOT_INLINE void with_scores(Scores size, const Body& body) {
  switch (size) {
    case Scores::tiny:
      return body.template operator()<Scores::tiny>();
    case Scores::low:
      return body.template operator()<Scores::low>();
    case Scores::any:
      return body.template operator()<Scores::any>();
  }
}

/// The arrays of one map, [H, W] each. `x` and `y` in the names are the paper's: along rows, along columns.
template <class S>
struct MapArrays {
  const S *wx, *wy, *w_both;  // w_both = wx + wy
  const S *bx, *by, *b_both;  // with bias arrays only
};

/// The largest |x|, NaN left out; on ARM NaN where there is one.
template <class S>
S largest_magnitude(const S* x, std::size_t size) {
  constexpr std::size_t L = simd::lanes<S>;
  simd::Packet<S> most[4];
  std::fill_n(most, 4, simd::all(S{0}));
  std::size_t i = 0;
  for (; i + 4 * L <= size; i += 4 * L)
#pragma GCC unroll 4
    for (std::size_t k = 0; k < 4; ++k) most[k] = simd::larger(most[k], simd::abs(simd::load(x + i + k * L)));
  for (; i + L <= size; i += L) most[0] = simd::larger(most[0], simd::abs(simd::load(x + i)));
  S largest[L];
  simd::store(largest, simd::larger(simd::larger(most[0], most[1]), simd::larger(most[2], most[3])));
  for (; i < size; ++i) largest[0] = (std::max)(largest[0], std::abs(x[i]));
  S all = 0;
  for (const S one : largest) {
    if (std::isnan(one)) return one;
    all = (std::max)(all, one);
  }
  return all;
}

/// How large the scores of every map can be.
template <class S, ShapeType Image, bool Bias>
class ScoreBounds {
  static constexpr std::size_t plane = Image::extents[1] * Image::extents[2];

 public:
  ScoreBounds(Workspace<Cpu>::Frame& frame, const HeadsForm<const S>& form)
      : slopes_(frame.take<S>(form.maps)), offsets_(frame.take<S>(form.maps)) {
    for (std::size_t m = 0; m < form.maps; ++m) {
      slopes_[m] = largest(form.weight_x + m * plane, form.weight_y + m * plane);
      offsets_[m] = Bias ? largest(form.bias_x + m * plane, form.bias_y + m * plane) : S{0};
    }
  }

  /// No |score| of map m exceeds it where no |x| exceeds `largest_input`. (It may be NaN.)
  S largest_score(std::size_t m, S largest_input) const { return largest_input * slopes_[m] + offsets_[m]; }

  /// How map m's exponentials are taken then.
  Scores size(std::size_t m, S largest_input) const {
    const S largest_score = this->largest_score(m, largest_input);
    return largest_score <= S{0.5} ? Scores::tiny : largest_score <= S{1} ? Scores::low : Scores::any;  // NaN: any
  }

 private:
  static S largest(const S* x, const S* y) {
    const S of_x = largest_magnitude(x, plane), of_y = largest_magnitude(y, plane);
    return of_x > of_y || std::isnan(of_x) ? of_x : of_y;
  }

  S *slopes_, *offsets_;
};

/// The arrays of all maps, and how large their scores can be.
template <class S, ShapeType Image, bool Bias>
class AllMaps : public ScoreBounds<S, Image, Bias> {
  static constexpr std::size_t plane = Image::extents[1] * Image::extents[2];

 public:
  AllMaps(Workspace<Cpu>::Frame& frame, const HeadsForm<const S>& form)
      : ScoreBounds<S, Image, Bias>(frame, form), form_(form),
        both_(frame.take<S>((Bias ? 2 : 1) * form.maps * plane)) {
    add(form.weight_x, form.weight_y, both_);
    if constexpr (Bias) add(form.bias_x, form.bias_y, both_ + form.maps * plane);
  }

  MapArrays<S> operator[](std::size_t m) const {
    const std::size_t at = m * plane;
    if constexpr (Bias)
      return {form_.weight_x + at, form_.weight_y + at, both_ + at,
              form_.bias_x + at,   form_.bias_y + at,   both_ + (form_.maps + m) * plane};
    else return {form_.weight_x + at, form_.weight_y + at, both_ + at, nullptr, nullptr, nullptr};
  }

 private:
  void add(const S* x, const S* y, S* both) const {
    for (std::size_t p = 0; p < form_.maps * plane; ++p) both[p] = x[p] + y[p];
  }

  const HeadsForm<const S>& form_;
  S* both_;
};

/// One map of many samples side by side: x is [H·W, lanes], the arrays are one number an element.
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
