#pragma once
// SPDX-License-Identifier: MIT
// tanh, log1p, sin and cos of SIMD registers of doubles, which Eigen has of floats alone.

#include <cmath>
#include <cstddef>
#include <limits>

#include "odot/kernels/parallel/cpu/error_function.hpp"
#include "odot/kernels/parallel/cpu/functions.hpp"
#include "odot/kernels/simd.hpp"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"  // as in simd_packet.hpp
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

namespace odot::kernels::simd {

/// tanh x. |x| < 0.625: x + x³ p(x²), p the minimax polynomial (error 1e-17); else 1 − 2 / (exp(2|x|) + 1).
ODOT_INLINE Packet<double> tanh_of_doubles(const Packet<double>& x) {
  constexpr double coefficients[] = {-0.33333333333332878333,    0.13333333333264958676,     -0.053968253932502336495,
                                     0.021869487602421759541,    -0.0088632213252170828559,  0.0035919916185093576968,
                                     -0.0014549707206685162816,  0.00058635328351503032687,  -0.00022863485568773732684,
                                     0.000077221014633221406717, -0.000016108444020093231777};
  const auto square = multiply(x, x);
  const auto near_zero = multiply_add(multiply(x, square), detail::polynomial<double>(square, coefficients), x);
  const auto size = abs(x), bounded = smaller(size, all(20.0));  // NaN stays
  const auto quotient = divide(all(2.0), add(exp(add(bounded, bounded)), all(1.0)));
  return detail::with_sign_of<double>(where_less(size, all(0.625), near_zero, subtract(all(1.0), quotient)), x);
}

/// ln(1 + x) = ln(u) x / (u − 1), u = 1 + x rounded, whose error the quotient makes good.
ODOT_INLINE Packet<double> log1p_of_doubles(const Packet<double>& x) {
  auto u = add(x, all(1.0));
  keep_rounding(u);
  const auto rest = subtract(u, all(1.0));
  const auto is_plain = either(equal(rest, all(0.0)), equal(x, all(std::numeric_limits<double>::infinity())));
  return choose(is_plain, x, multiply(log_of_any<double>(u), divide(x, rest)));
}

namespace detail {

/// sin(x + Quarters · π/2) for |x| ≤ 2²⁰. x = n π/2 + r, |r| ≤ π/4: sin r = r + r³ p(r²), cos r = 1 − r²/2 + r⁴ q(r²), p
/// and q the minimax polynomials (errors 4e-18 and 5e-20); n says which and with what sign.
template <int Quarters>
ODOT_INLINE Packet<double> sine(const Packet<double>& x) {
  const auto magic = all(6755399441055744.0);  // 1.5 · 2⁵²: adding it rounds to an integer
  const auto round = [&](const Packet<double>& value) {
    auto rounded = add(value, magic);
    keep_rounding(rounded);
    return subtract(rounded, magic);
  };
  auto n = round(multiply(x, all(0.63661977236758134308)));
  // π/2 in parts of 33 bits: n times each of the first three is exact.
  auto r = multiply_add(n, all(-0x1.921fb544p+0), x);
  keep_rounding(r);
  r = multiply_add(n, all(-0x1.0b4611a6p-34), r);
  keep_rounding(r);
  r = multiply_add(n, all(-0x1.3198a2ep-69), r);
  keep_rounding(r);
  r = multiply_add(n, all(-0x1.b839a252p-104), r);
  constexpr double of_sine[] = {-0.16666666666666630017,  0.0083333333333218849391,  -0.00019841269829363310861,
                                2.7557313530978348295e-6, -2.5050731957329454844e-8, 1.5895228703480590553e-10};
  constexpr double of_cosine[] = {0.041666666666666595476,   -0.0013888888888873392747, 0.000024801587289003981424,
                                  -2.7557314208540679865e-7, 2.0875703025801632108e-9,  -1.1358565938363144856e-11};
  const auto square = multiply(r, r);
  const auto sine_of_r = multiply_add(multiply(r, square), polynomial<double>(square, of_sine), r);
  const auto cosine_of_r = multiply_add(multiply(square, square), polynomial<double>(square, of_cosine),
                                        multiply_add(square, all(-0.5), all(1.0)));
  if constexpr (Quarters != 0) n = add(n, all(static_cast<double>(Quarters)));
  // n = 2 half + odd, odd 0 or 1: cosine where it is 1; negative where half is odd.
  const auto nearest = round(multiply(n, all(0.5)));
  const auto is_even = equal(n, add(nearest, nearest));
  const auto half = choose(is_even, nearest, multiply(subtract(n, all(1.0)), all(0.5)));
  const auto quarter = round(multiply(half, all(0.5)));
  const auto is_positive = equal(half, add(quarter, quarter));
  const auto value = choose(is_even, sine_of_r, cosine_of_r);
  return choose(is_positive, value, negate(value));
}

inline constexpr double longest_angle = 1048576;

}  // namespace detail

/// sin x; beyond 2²⁰ number by number.
ODOT_INLINE Packet<double> sin_of_doubles(const Packet<double>& x) {
  // Products of what is below 1e-100 vanish, and with them the sign of 0.
  const auto sine = where_less(abs(x), all(1e-100), x, detail::sine<0>(x));
  return unless<double>(
      less(all(detail::longest_angle), abs(x)), sine, [](double value) { return std::sin(value); }, x);
}
/// cos x; beyond 2²⁰ number by number.
ODOT_INLINE Packet<double> cos_of_doubles(const Packet<double>& x) {
  return unless<double>(
      less(all(detail::longest_angle), abs(x)), detail::sine<1>(x), [](double value) { return std::cos(value); }, x);
}

}  // namespace odot::kernels::simd

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
