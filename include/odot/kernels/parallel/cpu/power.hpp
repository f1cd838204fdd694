#pragma once
// SPDX-License-Identifier: MIT
// Powers of SIMD registers. Of floats they are taken in double, in which exp(y ln x) loses nothing that a float could hold.

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "odot/kernels/simd.hpp"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"  // as in simd_packet.hpp
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

namespace odot::kernels::simd {

/// xʸ, number by number.
template <class S>
ODOT_NOINLINE Packet<S> power_by_lanes(const Packet<S>& x, const Packet<S>& y) {
  S values[lanes<S>], exponents[lanes<S>];
  store(values, x);
  store(exponents, y);
  for (std::size_t l = 0; l < lanes<S>; ++l) values[l] = std::pow(values[l], exponents[l]);
  return load(values);
}

#if ODOT_CONVERT
namespace detail {

/// The bits of a register of doubles.
template <class P>
struct BitsOf {
  typedef std::uint64_t type __attribute__((vector_size(sizeof(P))));
};

/// ln x of floats above 0 in doubles, −∞ of 0; relative error 2e-12. x = 2ᵏ m, √½ ≤ m < √2; ln m = 2 artanh s,
/// s = (m − 1) / (m + 1), by its series.
template <class P>
ODOT_INLINE P log_of_floats(const P& x) {
  using Bits = typename BitsOf<P>::type;
  const Bits bits = std::bit_cast<Bits>(x);
  const Bits exponent =
      (bits - 0x3fe6a09e667f3bcd + (std::uint64_t{1024} << 52)) >> 52;  // k + 1024; the first are √½'s bits
  const P m = std::bit_cast<P>(Bits(bits - ((exponent - 1024) << 52)));
  const P k = subtract(std::bit_cast<P>(Bits(exponent | 0x4330000000000000)), all(0x1p52 + 1024));
  const P s = divide(subtract(m, all(1.0)), add(m, all(1.0))), square = multiply(s, s);
  P series = all(2.0 / 13);
  series = multiply_add(series, square, all(2.0 / 11));
  series = multiply_add(series, square, all(2.0 / 9));
  series = multiply_add(series, square, all(2.0 / 7));
  series = multiply_add(series, square, all(2.0 / 5));
  series = multiply_add(series, square, all(2.0 / 3));
  series = multiply_add(series, square, all(2.0));
  const P log = multiply_add(k, all(0.69314718055994530942), multiply(s, series));
  return choose(equal(x, all(0.0)), all(-std::numeric_limits<double>::infinity()), log);
}

/// eˣ in doubles, relative error 3e-10 for |x| ≤ 200, and no float beyond. x = n ln 2 + r, |r| ≤ ln 2 / 2.
template <class P>
ODOT_INLINE P exp_for_floats(const P& argument) {
  using Bits = typename BitsOf<P>::type;
  const P x = larger(smaller(argument, all(200.0)), all(-200.0));
  const P magic = all(0x1.8p52 + 1023);  // adding it rounds to an integer, n + 1023, kept in the lowest bits
  P rounded = multiply_add(x, all(1.4426950408889634074), magic);
  keep_rounding(rounded);
  const P r = multiply_add(subtract(rounded, magic), all(-0.69314718055994530942), x);
  P series = all(1.0 / 40320);
  series = multiply_add(series, r, all(1.0 / 5040));
  series = multiply_add(series, r, all(1.0 / 720));
  series = multiply_add(series, r, all(1.0 / 120));
  series = multiply_add(series, r, all(1.0 / 24));
  series = multiply_add(series, r, all(1.0 / 6));
  series = multiply_add(series, r, all(0.5));
  series = multiply_add(series, r, all(1.0));
  series = multiply_add(series, r, all(1.0));
  return multiply(series, std::bit_cast<P>(Bits(std::bit_cast<Bits>(rounded) << 52)));
}

/// xʸ of finite floats in doubles: |x|ʸ = exp(y ln |x|), with x's sign where y is odd; NaN where x < 0 and y is not whole.
template <class P>
ODOT_INLINE P power_of_floats(const P& x, const P& y) {
  const P zero = all(0.0);
  const P power = choose(equal(y, zero), all(1.0), exp_for_floats(multiply(y, log_of_floats(simd::abs(x)))));
  const P magic = all(0x1.8p52);  // adding it rounds to an integer
  const auto is_whole = [&](const P& value) {
    P rounded = add(value, magic);
    keep_rounding(rounded);
    return either(equal(subtract(rounded, magic), value),
                  less(all(16777216.0), simd::abs(value)));  // every float beyond 2²⁴ is even
  };
  const P with_sign = Eigen::internal::por(power, Eigen::internal::pand(x, all(-0.0)));
  const P of_whole = choose(is_whole(multiply(y, all(0.5))), power, with_sign);
  const P otherwise = choose(less(x, zero), all(std::numeric_limits<double>::quiet_NaN()), power);
  return choose(is_whole(y), of_whole, otherwise);
}

}  // namespace detail
#endif

/// xʸ as std::pow has it. Float: relative error below 6.1e-8; infinities and NaN number by number. Other scalars: number by
/// number.
template <class S>
ODOT_INLINE Packet<S> power_of_any(const Packet<S>& x, const Packet<S>& y) {
#if ODOT_CONVERT
  if constexpr (std::is_same_v<S, float> && lanes<double> > 1) {
    constexpr std::size_t L = lanes<float>, half = lanes<double>;
    alignas(64) float bases[L], exponents[L];
    alignas(64) double powers[L];
    store(bases, x);
    store(exponents, y);
    for (std::size_t l = 0; l < L; l += half)
      store(powers + l,
            detail::power_of_floats(load_converted<double>(bases + l), load_converted<double>(exponents + l)));
    const auto result = load_converted<float>(powers);
    const auto infinity = all(std::numeric_limits<float>::infinity());
    const auto are_finite = both(less(abs(x), infinity), less(abs(y), infinity));
    if (any(opposite(are_finite))) [[unlikely]]
      return choose(are_finite, result, power_by_lanes<S>(x, y));
    return result;
  }
#endif
  return power_by_lanes<S>(x, y);
}

}  // namespace odot::kernels::simd

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
