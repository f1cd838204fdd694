#pragma once
// SPDX-License-Identifier: MIT
// The exponentials inside softmaxes: of arguments that are not above zero by much, and of arguments near zero.

#include <cstddef>
#include <type_traits>

#include "odot/kernels/simd.hpp"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"  // as in simd_packet.hpp
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

namespace odot::kernels::simd {

namespace detail {

/// eˣ for −88 ≤ x ≤ 80, 0 at −88; NaN stays NaN.  x = n ln 2 + r, |r| ≤ ln 2 / 2;  eˣ = 2ⁿ (1 + r q(r)), q the minimax
/// polynomial of degree 5 (error 2e-9). Several at once, step by step, so that none waits for its own last step.
template <class P, std::size_t N>  // of floats; a template, as a build without packets can't compile it
ODOT_INLINE void exp_within_bounds(P (&x)[N]) {
  // 1.5 · 2²³ + 127: adding it rounds to an integer, n + 127, kept in the lowest bits.
  const auto magic = all(12583039.0f);
  P rounded[N], r[N], q[N];
  const auto each = [&](const auto& step) {
#pragma GCC unroll 8
    for (std::size_t k = 0; k < N; ++k) step(k);
  };
  each([&](std::size_t k) {
    P of_k = multiply_add(x[k], all(1.44269504f), magic);
    keep_rounding(of_k);  // of a number by itself: an array's elements would be written to memory
    rounded[k] = of_k;
  });
  each([&](std::size_t k) {
    const auto n = subtract(rounded[k], magic);
    P of_k = multiply_add(n, all(-0.693145752f), x[k]);  // ln 2 in two parts
    keep_rounding(of_k);
    r[k] = multiply_add(n, all(-1.42860677e-6f), of_k);
  });
  each([&](std::size_t k) { q[k] = multiply_add(r[k], all(0.00138436037f), all(0.00837419834f)); });
  for (const float coefficient : {0.0416680053f, 0.166664302f, 0.499999940f, 1.0f, 1.0f})
    each([&](std::size_t k) { q[k] = multiply_add(q[k], r[k], all(coefficient)); });
  // · 2ⁿ, whose bits are those of n + 127 moved to the exponent; of n = −127 they are 0. A product, so that NaN stays NaN.
  each([&](std::size_t k) {
    const auto power =
        Eigen::internal::plogical_shift_left<23>(Eigen::internal::preinterpret<IntegerPacket>(rounded[k]));
    x[k] = multiply(q[k], Eigen::internal::preinterpret<P>(power));
  });
}
template <class P>
ODOT_INLINE P exp_within_bounds(const P& x) {
  P one[1] = {x};
  exp_within_bounds(one);
  return one[0];
}

}  // namespace detail

/// eˣ for x ≤ 80, by packets; NaN stays NaN, and below −88 (float) the result is 0, as it is of −∞. Float: relative error
/// below 1.2e-7 down to x = −87, 13 instructions, half of what Eigen's general function takes; other scalars: Eigen's.
template <class S>
ODOT_INLINE Packet<S> softmax_exp(const Packet<S>& x) {
  if constexpr (std::is_same_v<S, float> && lanes<float> > 1) {
    return detail::exp_within_bounds(larger(x, all(-88.0f)));  // NaN stays
  } else {
    // Eigen's is a tiny number, not 0, at −∞.
    constexpr S least = std::is_same_v<S, float> ? S(-88) : S(-708);
    return where_less(x, all(least), all(S{0}), exp(x));
  }
}
/// Of several.
template <class S, std::size_t N>
ODOT_INLINE void softmax_exp(Packet<S> (&x)[N]) {
  if constexpr (std::is_same_v<S, float> && lanes<float> > 1) {
    for (std::size_t k = 0; k < N; ++k) x[k] = larger(x[k], all(-88.0f));
    detail::exp_within_bounds(x);
  } else {
    for (std::size_t k = 0; k < N; ++k) x[k] = softmax_exp<S>(x[k]);
  }
}
/// Of several, all of them above −88: without the comparison.
template <class S, std::size_t N>
ODOT_INLINE void softmax_exp_in_range(Packet<S> (&x)[N]) {
  if constexpr (std::is_same_v<S, float> && lanes<float> > 1) {
    detail::exp_within_bounds(x);
  } else {
    for (std::size_t k = 0; k < N; ++k) x[k] = exp(x[k]);
  }
}
/// The same, but 0 for all x < least and for no other, least ≥ −87 (double: −708). One instruction more.
template <class S>
ODOT_INLINE Packet<S> softmax_exp(const Packet<S>& x, S least) {
  if constexpr (std::is_same_v<S, float> && lanes<float> > 1)
    return detail::exp_within_bounds(where_less(x, all(least), all(-88.0f), x));
  else return where_less(x, all(least), all(S{0}), exp(x));
}

/// eˣ for |x| ≤ 2^(Squarings − 1), by packets. Float: relative error below 1.7e-7 · 2^Squarings (1.3e-7 with FMA),
/// 6 + Squarings instructions; other scalars: Eigen's.
/// eˣ = p(x / 2^Squarings)^(2^Squarings), p the minimax polynomial of degree 6 on [−1/2, 1/2] (error 2.6e-8).
/// Several at once: their chains of dependent instructions run side by side.
template <class S, int Squarings, std::size_t N>
ODOT_INLINE void small_exp(const Packet<S> (&x)[N], Packet<S> (&y)[N]) {
  if constexpr (std::is_same_v<S, float> && lanes<float> > 1) {
    constexpr float h = 1.0f / static_cast<float>(1 << Squarings);  // a power of two: the products below are exact
    constexpr float coefficients[] = {0.0013791899f * h * h * h * h * h * h,
                                      0.008417263f * h * h * h * h * h,
                                      0.041672513f * h * h * h * h,
                                      0.16665684f * h * h * h,
                                      0.49999946f * h * h,
                                      1.0000002f * h,
                                      1.0f};
#pragma GCC unroll 8
    for (std::size_t k = 0; k < N; ++k) y[k] = multiply_add(x[k], all(coefficients[0]), all(coefficients[1]));
#pragma GCC unroll 8
    for (std::size_t c = 2; c < 7; ++c)
#pragma GCC unroll 8
      for (std::size_t k = 0; k < N; ++k) y[k] = multiply_add(y[k], x[k], all(coefficients[c]));
    for (int square = 0; square < Squarings; ++square)
#pragma GCC unroll 8
      for (std::size_t k = 0; k < N; ++k) y[k] = multiply(y[k], y[k]);
  } else {
    for (std::size_t k = 0; k < N; ++k) y[k] = exp(x[k]);
  }
}

/// One of them.
template <class S, int Squarings>
ODOT_INLINE Packet<S> small_exp(const Packet<S>& x) {
  const Packet<S> arguments[1] = {x};
  Packet<S> y[1];
  small_exp<S, Squarings>(arguments, y);
  return y[0];
}

}  // namespace odot::kernels::simd

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
