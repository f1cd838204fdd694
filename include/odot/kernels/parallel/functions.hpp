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
#pragma GCC diagnostic ignored "-Wuninitialized"  // as in simd.hpp
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

namespace odot::kernels::simd {

/// f of each number of a register.
template <class S, class F>
Packet<S> by_lanes(const F& f, const Packet<S>& x) {
  S values[lanes<S>];
  store(values, x);
  for (S& value : values) value = f(value);
  return load(values);
}

/// Whether some number of a mask's lanes is chosen. (A lane of a mask is 0 or all ones, which is a NaN.)
template <class S>
ODOT_INLINE bool any_lane(const Packet<S>& mask) {
  return Eigen::internal::predux_any(mask);
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

}  // namespace detail

/// eˣ; float: relative error below 1.2e-7, 20 instructions.
template <class S>
ODOT_INLINE Packet<S> exp_of_any(const Packet<S>& x) {
  if constexpr (std::is_same_v<S, float> && lanes<float> > 1) {
    return detail::exp_of_any(x);
  } else {
    // Eigen's doubles end near ±709, short of infinity and of the numbers below the normal ones.
    if (any_lane<S>(Eigen::internal::pcmp_lt(all(S{708}), abs(x)))) [[unlikely]]
      return by_lanes<S>([](S value) { return std::exp(value); }, x);
    return exp(x);
  }
}

/// ln x
template <class S>
ODOT_INLINE Packet<S> log_of_any(const Packet<S>& x) {
  // Eigen takes what is below the normal numbers for the smallest one.
  constexpr S normal = (std::numeric_limits<S>::min)();
  if (any_lane<S>(Eigen::internal::pcmp_lt(abs(x), all(normal)))) [[unlikely]]
    return by_lanes<S>([](S value) { return std::log(value); }, x);
  return log(x);
}

}  // namespace odot::kernels::simd

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
