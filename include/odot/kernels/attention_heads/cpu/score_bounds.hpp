#pragma once
// SPDX-License-Identifier: MIT
// How large the scores of attention maps, x ⊙ w (+ b), can be on the CPU, and which exponential they need.
//
// As template arguments, this file, scores.hpp, relevance.hpp and attention_block/cpu have only the image's shape. The
// number of heads and the norm are run-time values, so that models of one image shape share the compiled code.

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "odot/core/shape.hpp"
#include "odot/core/workspace.hpp"
#include "odot/kernels/attention_heads/contract.hpp"
#include "odot/kernels/eigen.hpp"
#include "odot/kernels/exponential.hpp"
#include "odot/kernels/simd.hpp"

namespace odot::kernels::detail {

/// The heads' number, norm and arrays; missing arrays are null.
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

/// The arrays of one map, [H, W] each. `x` and `y` in the names are the paper's: along rows, along columns.
template <class S>
struct MapArrays {
  const S *wx, *wy, *w_both;  // w_both = wx + wy
  const S *bx, *by, *b_both;  // with bias arrays only
};

/// How a map's exponentials are computed in a tile of samples. It depends on x and the arrays alone, so every pass
/// makes the same choice.
/// tiny: no |score| exceeds 1/2, along rows or along columns,
/// low:  none exceeds 1. In both cases no maximum is subtracted, and a short polynomial is enough.
/// any:  the largest score of the row or column is subtracted (Relevance::find_peaks).
/// A softmax's 1/Σ exp is kept.
enum class Scores { tiny, low, any };

/// The elements' contributions to a softmax, up to a factor per row or column.
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

/// The largest |x| without NaN; on ARM, NaN if there is one.
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

  /// A bound of all |scores| of map m if no |x| exceeds `largest_input`. (It may be NaN.)
  S largest_score(std::size_t m, S largest_input) const { return largest_input * slopes_[m] + offsets_[m]; }

  /// How map m's exponentials are then computed.
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

}  // namespace odot::kernels::detail
