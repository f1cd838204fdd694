#pragma once
// SPDX-License-Identifier: MIT
// Products less a number near them, of packets: fused_multiply_add.hpp says what for.

#include <cstddef>
#include <type_traits>

#include "odot/core/config.hpp"
#include "odot/kernels/eigen_core.hpp"
#include "odot/kernels/fused_multiply_add.hpp"
#include "odot/kernels/simd_mask.hpp"
#include "odot/kernels/simd_packet.hpp"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wignored-attributes"  // as in simd_packet.hpp
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

namespace odot::kernels::simd {

namespace detail {

/// a · b + Σ terms in doubles, which hold a product of floats, by lane.
template <class P, class... Terms>
ODOT_INLINE P multiply_add_in_doubles(const P& a, const P& b, const Terms&... terms) {
#if ODOT_SHUFFLE
  typedef double Doubles __attribute__((vector_size(2 * sizeof(P))));
  // Not by a function: one that returns such a vector has another ABI with AVX, of which GCC warns.
  return __builtin_convertvector(__builtin_convertvector(a, Doubles) * __builtin_convertvector(b, Doubles) +
                                     (... + __builtin_convertvector(terms, Doubles)),
                                 P);
#else
  constexpr std::size_t L = lanes<float>;
  float x[L], y[L], sums[L];
  store(x, a);
  store(y, b);
  double sum[L] = {};
  const auto add_term = [&](const P& term) {
    store(sums, term);
    for (std::size_t l = 0; l < L; ++l) sum[l] += static_cast<double>(sums[l]);
  };
  (add_term(terms), ...);
  for (std::size_t l = 0; l < L; ++l)
    sums[l] = static_cast<float>(static_cast<double>(x[l]) * static_cast<double>(y[l]) + sum[l]);
  return load(sums);
#endif
}

template <class P>
inline constexpr bool takes_doubles =
    !has_fused_multiply_add && std::is_same_v<typename Eigen::internal::unpacket_traits<P>::type, float>;

}  // namespace detail

/// a · b + c, rounded once: the contract of kernels::fused_multiply_add.
template <class P>
ODOT_INLINE P fused_multiply_add(const P& a, const P& b, const P& c) {
  if constexpr (std::is_arithmetic_v<P>) return kernels::fused_multiply_add(a, b, c);
  else if constexpr (detail::takes_doubles<P>) return detail::multiply_add_in_doubles(a, b, c);
  else return multiply_add(a, b, c);
}
/// a · b + c + d + e, likewise.
template <class P>
ODOT_INLINE P fused_multiply_add(const P& a, const P& b, const P& c, const P& d, const P& e) {
  if constexpr (std::is_arithmetic_v<P>) {
    return kernels::fused_multiply_add(a, b, c, d, e);
  } else if constexpr (detail::takes_doubles<P>) {
    return add(detail::multiply_add_in_doubles(a, b, c, d), e);
  } else {
    const P sum = add(c, d), of_d = subtract(sum, c), rest = add(subtract(c, subtract(sum, of_d)), subtract(d, of_d));
    return add(add(multiply_add(a, b, sum), where(equal(rest, rest), rest)), e);  // 0 where the rest is NaN
  }
}

}  // namespace odot::kernels::simd

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
