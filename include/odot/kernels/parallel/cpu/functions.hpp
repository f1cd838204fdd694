#pragma once
// SPDX-License-Identifier: MIT
// Elementary functions of SIMD registers that are right for every argument: infinities, NaN, numbers below the normal
// ones. Where neither a formula of ours nor Eigen has them, they are taken number by number.

#include <cmath>
#include <cstddef>
#include <limits>
#include <type_traits>

#include "odot/kernels/simd.hpp"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"  // as in simd_packet.hpp
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

namespace odot::kernels::simd {

/// f of each number of a register.
template <class S, class F>
ODOT_NOINLINE Packet<S> by_lanes(const F& f, const Packet<S>& x) {
  S values[lanes<S>];
  store(values, x);
  for (S& value : values) value = f(value);
  return load(values);
}

/// `result`, but f of the number in the lanes of the mask `special`, which are few: what a lane holds follows from its own
/// number alone, whatever lies beside it.
template <class S, class Mask, class F>
ODOT_INLINE Packet<S> unless(const Mask& special, const Packet<S>& result, const F& f, const Packet<S>& x) {
  if (any(special)) [[unlikely]]
    return choose(special, by_lanes<S>(f, x), result);
  return result;
}

/// Which numbers are above 0 and below the normal ones.
template <class S>
ODOT_INLINE auto is_subnormal(const Packet<S>& x) {
  return both(less(all(S{0}), x), less(x, all((std::numeric_limits<S>::min)())));
}

namespace detail {

/// eˣ in float. x = n ln 2 + r, |r| ≤ ln 2 / 2;  eˣ = 2ⁿ (1 + r q(r)), q the minimax polynomial of degree 5 (error 2e-9).
/// 2ⁿ is taken in two factors: neither overflows or is below the normal numbers where eˣ itself is within float.
template <class P>
ODOT_INLINE P exp_of_any(const P& argument) {
  using Eigen::internal::padd;
  using Eigen::internal::preinterpret;
  const P x = larger(smaller(argument, all(89.0f)), all(-105.0f));  // NaN stays
  const auto magic = all(12582912.0f);                              // 1.5 · 2²³: adding it rounds to an integer
  auto rounded = multiply_add(x, all(1.44269504f), magic);
  keep_rounding(rounded);
  const auto n = subtract(rounded, magic);
  auto r = multiply_add(n, all(-0.693145752f), x);  // ln 2 in two parts
  keep_rounding(r);
  r = multiply_add(n, all(-1.42860677e-6f), r);
  auto q = multiply_add(r, all(0.00138436037f), all(0.00837419834f));
  q = multiply_add(q, r, all(0.0416680053f));
  q = multiply_add(q, r, all(0.166664302f));
  q = multiply_add(q, r, all(0.499999940f));
  q = multiply_add(q, r, all(1.0f));
  q = multiply_add(q, r, all(1.0f));
  // ⌊n/2⌋ and n − ⌊n/2⌋, each moved to a float's exponent. In `rounded`, n lies in the lowest bits.
  const auto integer = Eigen::internal::psub(preinterpret<IntegerPacket>(rounded), preinterpret<IntegerPacket>(magic));
  const auto half = Eigen::internal::parithmetic_shift_right<1>(integer);
  const auto bias = Eigen::internal::pset1<IntegerPacket>(127);
  const auto power = [&](const IntegerPacket& exponent) {
    return preinterpret<P>(Eigen::internal::plogical_shift_left<23>(padd(exponent, bias)));
  };
  return multiply(multiply(q, power(half)), power(Eigen::internal::psub(integer, half)));
}

// Some of Eigen's registers on x86 make √x from an estimate: NaN for infinity, 0 for numbers below the normal ones.
template <class P>
ODOT_INLINE P square_root(const P& x) {
  return Eigen::internal::psqrt(x);
}
#ifdef EIGEN_VECTORIZE_SSE
ODOT_INLINE __m128 square_root(const __m128& x) { return _mm_sqrt_ps(x); }
ODOT_INLINE __m128d square_root(const __m128d& x) { return _mm_sqrt_pd(x); }
#endif
#ifdef EIGEN_VECTORIZE_AVX
ODOT_INLINE __m256 square_root(const __m256& x) { return _mm256_sqrt_ps(x); }
ODOT_INLINE __m256d square_root(const __m256d& x) { return _mm256_sqrt_pd(x); }
#endif
#ifdef EIGEN_VECTORIZE_AVX512
ODOT_INLINE __m512 square_root(const __m512& x) { return _mm512_sqrt_ps(x); }
ODOT_INLINE __m512d square_root(const __m512d& x) { return _mm512_sqrt_pd(x); }
#endif

}  // namespace detail

/// √x
template <class S>
ODOT_INLINE Packet<S> sqrt_of_any(const Packet<S>& x) {
  return detail::square_root(x);
}

/// eˣ; float: relative error below 1.2e-7, 20 instructions.
template <class S>
ODOT_INLINE Packet<S> exp_of_any(const Packet<S>& x) {
  if constexpr (std::is_same_v<S, float> && lanes<float> > 1) {
    return detail::exp_of_any(x);
  } else {
    // Eigen's doubles end near ±709, short of infinity and of the numbers below the normal ones.
    return unless<S>(less(all(S{708}), abs(x)), exp(x), [](S value) { return std::exp(value); }, x);
  }
}

/// ln x
template <class S>
ODOT_INLINE Packet<S> log_of_any(const Packet<S>& x) {
  // Eigen takes what is below the normal numbers for the smallest one.
  return unless<S>(is_subnormal<S>(abs(x)), log(x), [](S value) { return std::log(value); }, x);
}

}  // namespace odot::kernels::simd

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
