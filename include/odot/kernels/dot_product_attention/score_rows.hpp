#pragma once
// SPDX-License-Identifier: MIT
// What happens to rows of scores between the products of dot-product attention.

#include <algorithm>
#include <cstddef>
#include <limits>

#include "odot/kernels/exponential.hpp"
#include "odot/kernels/simd.hpp"

namespace odot::kernels::detail {

/// Rows of scores: each has room for a whole number of packets, so that its last packet may be worked on as a whole.
template <class S>
struct ScoreRows {
  static constexpr std::size_t lanes = simd::lanes<S>;
  static constexpr std::size_t padded(std::size_t columns) { return (columns + lanes - 1) / lanes * lanes; }

  /// The largest of s[0 … count); writes −∞ behind them.
  static S largest(S* s, std::size_t count) {
    const std::size_t end = padded(count);
    std::fill(s + count, s + end, -std::numeric_limits<S>::infinity());
    auto most = simd::load(s);
    for (std::size_t j = lanes; j < end; j += lanes) most = simd::max(most, simd::load(s + j));
    return simd::largest(most);
  }

  /// s[j] = exp(scale · s[j] − shift) for j < count, 0 from there to `columns`. Returns their sum. NaN stays NaN.
  static S exponentials(S* s, std::size_t count, std::size_t columns, S scale, S shift) {
    const auto factor = simd::all(scale), offset = simd::all(-shift);
    const std::size_t end = padded(count), whole = count / lanes * lanes;
    auto sums = simd::all(S{0});
    for (std::size_t j = 0; j < end; j += lanes) {
      const auto p = simd::softmax_exp<S>(simd::multiply_add(factor, simd::load(s + j), offset));
      simd::store(s + j, p);
      if (j < whole) sums = simd::add(sums, p);
    }
    S sum = simd::sum(sums);
    for (std::size_t j = whole; j < count; ++j) sum += s[j];
    std::fill(s + count, s + padded(columns), S{0});
    return sum;
  }

  /// ds[j] = scale · p[j] · (ds[j] − delta), in packets to the end of the row.
  static void gradients(const S* p, S* ds, std::size_t columns, S scale, S delta) {
    const auto factor = simd::all(scale), offset = simd::all(delta);
    for (std::size_t j = 0; j < padded(columns); j += lanes)
      simd::store(ds + j, simd::multiply(simd::multiply(factor, simd::load(p + j)),
                                         simd::subtract(simd::load(ds + j), offset)));
  }

  /// result[r] = most[r] + log(sums[r]); all have room for whole packets.
  static void log_sums(const S* most, S* sums, std::size_t rows, S* result) {
    std::fill(sums + rows, sums + padded(rows), S{1});
    for (std::size_t r = 0; r < rows; r += lanes)
      simd::store(result + r, simd::add(simd::load(most + r), simd::log(simd::load(sums + r))));
  }
};

}  // namespace odot::kernels::detail
