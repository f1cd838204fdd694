#pragma once
// SPDX-License-Identifier: MIT
// Softmaxes of large scores on the GPU: for rows and columns whose log Σ exp is too large to be exact enough in one
// number.

#include <cmath>
#include <cstddef>
#include <limits>

#include "odot/core/config.hpp"
#include "odot/kernels/fused_multiply_add.hpp"

namespace odot::kernels::detail {

/// Up to this log Σ exp (natural or of base 2), exp(score − log Σ exp) is as exact as the rounding of scores allows.
template <class S>
inline constexpr S largest_log_sum = 128;

/// The larger one; a if b is NaN.
template <class S>
ODOT_HOST_DEVICE S larger(S a, S b) {
#ifdef __CUDA_ARCH__
  if constexpr (sizeof(S) == sizeof(float)) return fmaxf(a, b);
#endif
  return b > a ? b : a;
}

/// Minus a softmax's largest score, in two numbers, and 1 / Σ exp(score − largest).
template <class S>
struct SoftmaxPeak {
  S minus, rest, inverse;

  /// x w + b minus the largest score, to the scalar's precision for scores of any size; b is null without bias arrays.
  ODOT_HOST_DEVICE S difference(S x, S w, const S* b) const {
    if (!b) return fused_multiply_add(x, w, minus) + rest;
    const S sum = fused_multiply_add(x, w, *b, minus, rest);
    return sum > S{1} ? S{1} : sum;  // above 1 only where scores exceed a double's precision; NaN stays
  }
};

/// Scores x ⊙ w (+ b) of a row or column; elements are x_stride and stride apart.
template <class S>
struct ScoreLine {
  const S *x, *w, *b;  // b: null without bias arrays
  std::size_t count, x_stride, stride;

  /// Cost  3 count multiply-adds and count exponentials
  ODOT_HOST_DEVICE SoftmaxPeak<S> peak() const {
    SoftmaxPeak<S> found{std::numeric_limits<S>::infinity(), S{0}, S{1}};
    for (std::size_t k = 0; k < count; ++k) {
      const S product = x[k * x_stride] * w[k * stride];
      found.minus = -larger(-found.minus, b ? product + b[k * stride] : product);
    }
    S rest = -std::numeric_limits<S>::infinity();
    double sum = 0;  // of any number of terms
    for (std::size_t k = 0; k < count; ++k) rest = larger(rest, difference(found, k));
    found.rest = -rest;
    for (std::size_t k = 0; k < count; ++k) sum += static_cast<double>(std::exp(difference(found, k)));
    found.inverse = static_cast<S>(1 / sum);
    return found;
  }
  ODOT_HOST_DEVICE S difference(const SoftmaxPeak<S>& from, std::size_t k) const {
    return from.difference(x[k * x_stride], w[k * stride], b ? b + k * stride : nullptr);
  }
  /// Softmax `at` of the line.
  ODOT_HOST_DEVICE S softmax(std::size_t at) const {
    const SoftmaxPeak<S> found = peak();
    return std::exp(difference(found, at)) * found.inverse;
  }
};

}  // namespace odot::kernels::detail
