#pragma once
// SPDX-License-Identifier: MIT
// erf of SIMD registers.

#include <cmath>
#include <cstddef>
#include <type_traits>

#include "odot/kernels/exponential.hpp"
#include "odot/kernels/parallel/cpu/functions.hpp"
#include "odot/kernels/simd.hpp"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"  // as in simd_packet.hpp
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

namespace odot::kernels::simd {

namespace detail {

/// Σ coefficients[First + k] xᵏ
template <class S, std::size_t N, std::size_t First = 0>
ODOT_INLINE Packet<S> polynomial(const Packet<S>& x, const S (&coefficients)[N]) {
  if constexpr (First + 1 == N) return all(coefficients[First]);
  else return multiply_add(polynomial<S, N, First + 1>(x, coefficients), x, all(coefficients[First]));
}
/// |a| with b's sign.
template <class S>
ODOT_INLINE Packet<S> with_sign_of(const Packet<S>& a, const Packet<S>& b) {
  return Eigen::internal::por(abs(a), Eigen::internal::pand(b, all(S{-0.0})));
}

/// 1 − erf(a), 1 ≤ a ≤ 4. Float: exp(−p(a)), p the minimax polynomial of degree 5 for −ln erfc (error of erf 1.6e-8).
ODOT_INLINE Packet<float> upper_tail(const Packet<float>& a) {
  constexpr float coefficients[] = {0.002619177363f, 1.117621246f,    0.6542400975f,
                                    0.08879968783f,  -0.01483183138f, 0.001157218857f};
  return simd::exp_of_any<float>(negate(polynomial<float>(a, coefficients)));
}
/// Double, 1 ≤ a ≤ 6: exp(−a²) p(t), t = 1/(1 + a/2), p the minimax polynomial of degree 11 for eᵃ² erfc(a) (error of erf
/// 2.5e-17).
ODOT_INLINE Packet<double> upper_tail(const Packet<double>& a) {
  constexpr double coefficients[] = {0.000028567482663061087676, 0.28147202120123069331,  0.28821883102415422005,
                                     0.21112156248863234197,     0.3125266951684759013,   -0.26824045912498619775,
                                     0.6065339819090403653,      -0.72006560842468134254, 0.28584600574254740026,
                                     0.078894758798027035627,    -0.10075060407054822186, 0.024416531055885087182};
  const auto t = reciprocal(multiply_add(a, all(0.5), all(1.0)));
  return multiply(exp(negate(multiply(a, a))), polynomial<double>(t, coefficients));
}

}  // namespace detail

/// erf x. Relative error below 3e-7 (float), 1e-15 (double), everywhere.
/// |x| < 1: x p(x²), p the minimax polynomial (relative error 1.2e-9, 7e-18). Else 1 − upper_tail(|x|).
template <class S>
ODOT_INLINE Packet<S> erf_of_any(const Packet<S>& x) {
  constexpr bool is_float = std::is_same_v<S, float>;
  const auto near_zero = [&] {
    const auto square = multiply(x, x);
    if constexpr (is_float) {
      constexpr float coefficients[] = {1.128379166f,    -0.3761262584f,    0.1128358525f,  -0.02685381458f,
                                        0.005188330483f, -0.0008010202699f, 7.853849828e-5f};
      return multiply(x, detail::polynomial<float>(square, coefficients));
    } else {
      constexpr double coefficients[] = {
          1.1283791670955125657,    -0.37612638903183520025,    0.11283791670944200308,    -0.026866170643113413715,
          0.0052239776061308421667, -0.00085483259297662442975, 0.00012055293586936949976, -0.000014924712439534814108,
          1.6447132699786621009e-6, -1.6206318752969209004e-7,  1.3710988704190523118e-8,  -7.7794629717615968919e-10};
      return multiply(x, detail::polynomial<double>(square, coefficients));
    }
  }();
  const auto size = abs(x);
  const auto tail = detail::upper_tail(smaller(size, all(is_float ? S{4} : S{6})));  // NaN stays
  const auto large = detail::with_sign_of<S>(subtract(all(S{1}), tail), x);
  return where_less(size, all(S{1}), near_zero, large);
}

}  // namespace odot::kernels::simd

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
