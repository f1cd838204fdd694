#pragma once
// SPDX-License-Identifier: MIT
// One number of a relevance map from the input and the arrays alone, on the GPU: for rows and columns whose log Σ exp a
// number of the scalar's precision can't hold well enough.

#include <cmath>
#include <cstddef>
#include <limits>

#include "odot/core/config.hpp"
#include "odot/kernels/fused_multiply_add.hpp"

namespace odot::kernels::detail {

/// Up to this log Σ exp (a natural one or one of base 2), an exponential of a score less it is as exact as scores that are
/// rounded are.
template <class S>
inline constexpr S largest_log_sum = 128;

/// The larger one; a where b is NaN.
template <class S>
ODOT_HOST_DEVICE S larger(S a, S b) {
#ifdef __CUDA_ARCH__
  if constexpr (sizeof(S) == sizeof(float)) return fmaxf(a, b);
#endif
  return b > a ? b : a;
}

/// Scores x ⊙ w (+ b) of a row or column; elements are x_stride and stride apart.
template <class S>
struct ScoreLine {
  const S *x, *w, *b;  // b: null without bias arrays
  std::size_t count, x_stride, stride;

  /// Score k plus `minus` and `rest`, which are minus the largest score, in two numbers.
  ODOT_HOST_DEVICE S difference(std::size_t k, S minus, S rest) const {
    const S value = x[k * x_stride], weight = w[k * stride];
    if (!b) return fused_multiply_add(value, weight, minus) + rest;
    const S sum = fused_multiply_add(value, weight, b[k * stride], minus, rest);
    return sum > S{1} ? S{1} : sum;  // beyond a double's precision; NaN stays
  }
};

/// exp(score `at`) / Σ exp(score), as exact as the scalar for scores of any size.
/// Cost  4 count multiply-adds and count + 1 exponentials
template <class S>
ODOT_HOST_DEVICE ODOT_NOINLINE S exact_softmax(const ScoreLine<S> line, std::size_t at) {
  constexpr S lowest = -std::numeric_limits<S>::infinity();
  S most = lowest, rest = lowest, sum{0};
  for (std::size_t k = 0; k < line.count; ++k) {
    const S product = line.x[k * line.x_stride] * line.w[k * line.stride];
    most = larger(most, line.b ? product + line.b[k * line.stride] : product);
  }
  for (std::size_t k = 0; k < line.count; ++k) rest = larger(rest, line.difference(k, -most, S{0}));
  for (std::size_t k = 0; k < line.count; ++k) sum += std::exp(line.difference(k, -most, -rest));
  return std::exp(line.difference(at, -most, -rest)) / sum;
}

}  // namespace odot::kernels::detail
