#pragma once
// SPDX-License-Identifier: MIT
// What happens to rows of scores between the products of dot-product attention.
//
// A score's exponent is scale · (s − m): the largest score m of its row is subtracted first, which is exact where it matters,
// and the product is never above 0. scale · s − scale · m would be the same in exact arithmetic; with a fused multiply-add it
// is the rounding error of scale · m for the largest score, anything at all where scores are large.

#include <algorithm>
#include <cstddef>
#include <limits>

#include "odot/kernels/exponential.hpp"
#include "odot/kernels/simd.hpp"

namespace odot::kernels::detail {

/// Rows of scores: each has room for a whole number of packets, so that its last packet may be worked on as a whole.
template <class S>
class ScoreRows {
 public:
  static constexpr std::size_t lanes = simd::lanes<S>;
  static constexpr std::size_t padded(std::size_t columns) { return (columns + lanes - 1) / lanes * lanes; }

  explicit ScoreRows(double scale) : scale_(static_cast<S>(scale)) {}

  /// The largest of s[0 … count), a finite number where all are −∞; of a row with NaN, any of its numbers or NaN. Writes −∞
  /// behind them.
  static S largest(S* s, std::size_t count) {
    const std::size_t end = padded(count);
    std::fill(s + count, s + end, -std::numeric_limits<S>::infinity());
    auto most = simd::load(s);
    for (std::size_t j = lanes; j < end; j += lanes) most = simd::larger(most, simd::load(s + j));
    return (std::max)(simd::largest(most), std::numeric_limits<S>::lowest());
  }

  /// s[j] = exp(scale · (s[j] − most)) for j < count, 0 from there to `columns`. Returns their sum. NaN stays NaN.
  S exponentials(S* s, std::size_t count, std::size_t columns, S most) const {
    const auto subtracted = simd::all(most);
    const std::size_t end = padded(count), whole = count / lanes * lanes;
    auto sums = simd::all(S{0});
    for (std::size_t j = 0; j < end; j += lanes) {
      const auto p = exponential(simd::subtract(simd::load(s + j), subtracted));
      simd::store(s + j, p);
      if (j < whole) sums = simd::add(sums, p);
    }
    S sum = simd::sum(sums);
    for (std::size_t j = whole; j < count; ++j) sum += s[j];
    std::fill(s + count, s + padded(columns), S{0});
    return sum;
  }

  /// s[j] = exp(scale · (s[j] − most)) · inverse for j < count, in [0, inverse], 0 from there to `columns`. NaN stays NaN.
  void probabilities(S* s, std::size_t count, std::size_t columns, S most, S inverse) const {
    const auto subtracted = simd::all(most), factor = simd::all(inverse), zero = simd::all(S{0});
    for (std::size_t j = 0; j < padded(count); j += lanes)
      simd::store(s + j, simd::multiply(exponential(simd::smaller(simd::subtract(simd::load(s + j), subtracted), zero)),
                                        factor));
    std::fill(s + count, s + padded(columns), S{0});
  }

  /// ds[j] = scale · p[j] · (ds[j] − delta), in packets to the end of the row. Where p[j] is 1, ds[j] and delta are
  /// one number, and what they differ by is the rounding of two ways to it: 0 there, but NaN where one of them is NaN.
  void gradients(const S* p, S* ds, std::size_t columns, S delta) const {
    const auto factor = simd::all(scale_), offset = simd::all(delta), zero = simd::all(S{0}),
               below_one = simd::all(1 - std::numeric_limits<S>::epsilon() / 2);
    for (std::size_t j = 0; j < padded(columns); j += lanes) {
      const auto weight = simd::load(p + j);
      const auto share = simd::where_less(below_one, weight, zero, weight);
      simd::store(ds + j, simd::multiply(simd::multiply(factor, share), simd::subtract(simd::load(ds + j), offset)));
    }
  }

 private:
  /// exp(scale · x), x ≤ 0
  simd::Packet<S> exponential(const simd::Packet<S>& x) const {
    return simd::softmax_exp<S>(simd::multiply(x, simd::all(scale_)));
  }

  S scale_;
};

}  // namespace odot::kernels::detail
