#pragma once
// SPDX-License-Identifier: MIT
// Comparisons of packets, and what is made of them. A mask has all bits of a lane set, or none; with AVX-512 a bit for
// each lane, which Eigen's comparisons and choices would turn into a packet and back.

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "odot/core/config.hpp"
#include "odot/kernels/eigen_core.hpp"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"  // as in simd_packet.hpp
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

namespace odot::kernels::simd {

template <class P>
ODOT_INLINE P less(const P& a, const P& b) {
  return Eigen::internal::pcmp_lt(a, b);
}
template <class P>
ODOT_INLINE P less_or_equal(const P& a, const P& b) {
  return Eigen::internal::pcmp_le(a, b);
}
template <class P>
ODOT_INLINE P equal(const P& a, const P& b) {
  return Eigen::internal::pcmp_eq(a, b);
}
/// a > b, or either is NaN.
template <class P>
ODOT_INLINE P exceeds(const P& a, const P& b) {
  return Eigen::internal::pcmp_lt_or_nan(b, a);
}
template <class P>
ODOT_INLINE P both(const P& a, const P& b) {
  return Eigen::internal::pand(a, b);
}
template <class P>
ODOT_INLINE P either(const P& a, const P& b) {
  return Eigen::internal::por(a, b);
}
template <class P>
ODOT_INLINE P opposite(const P& a) {
  return Eigen::internal::pandnot(Eigen::internal::ptrue(a), a);
}
/// a where the mask holds, else b.
template <class P>
ODOT_INLINE P choose(const P& mask, const P& a, const P& b) {
  return Eigen::internal::pselect(mask, a, b);
}
/// a where the mask holds, else 0.
template <class P>
ODOT_INLINE P where(const P& mask, const P& a) {
  if constexpr (std::is_arithmetic_v<P>) return choose(mask, a, P{0});
  else return both(mask, a);
}
/// Whether a mask holds in some lane.
template <class P>
ODOT_INLINE bool any(const P& mask) {
  if constexpr (requires { Eigen::internal::predux_any(mask); }) {
    return Eigen::internal::predux_any(mask);
  } else {
    using S = typename Eigen::internal::unpacket_traits<P>::type;
    const P one = Eigen::internal::pset1<P>(S{1}), zero = Eigen::internal::pset1<P>(S{0});
    return Eigen::internal::predux_max(choose(mask, one, zero)) > S{0};
  }
}
// Of doubles: Eigen adds the lanes up, which takes longer than an exponential.
#ifdef EIGEN_VECTORIZE_SSE2
ODOT_INLINE bool any(const __m128d& mask) { return _mm_movemask_pd(mask) != 0; }
#endif
#ifdef EIGEN_VECTORIZE_AVX
ODOT_INLINE bool any(const __m256d& mask) { return _mm256_movemask_pd(mask) != 0; }
#endif

#ifdef EIGEN_VECTORIZE_AVX512
/// A bit for each of N lanes.
template <std::size_t N>
struct LaneBits {
  std::uint16_t bits;
};

ODOT_INLINE LaneBits<16> less(const __m512& a, const __m512& b) { return {_mm512_cmp_ps_mask(a, b, _CMP_LT_OQ)}; }
ODOT_INLINE LaneBits<8> less(const __m512d& a, const __m512d& b) { return {_mm512_cmp_pd_mask(a, b, _CMP_LT_OQ)}; }
ODOT_INLINE LaneBits<16> less_or_equal(const __m512& a, const __m512& b) {
  return {_mm512_cmp_ps_mask(a, b, _CMP_LE_OQ)};
}
ODOT_INLINE LaneBits<8> less_or_equal(const __m512d& a, const __m512d& b) {
  return {_mm512_cmp_pd_mask(a, b, _CMP_LE_OQ)};
}
ODOT_INLINE LaneBits<16> equal(const __m512& a, const __m512& b) { return {_mm512_cmp_ps_mask(a, b, _CMP_EQ_OQ)}; }
ODOT_INLINE LaneBits<8> equal(const __m512d& a, const __m512d& b) { return {_mm512_cmp_pd_mask(a, b, _CMP_EQ_OQ)}; }
ODOT_INLINE LaneBits<16> exceeds(const __m512& a, const __m512& b) { return {_mm512_cmp_ps_mask(a, b, _CMP_NLE_UQ)}; }
ODOT_INLINE LaneBits<8> exceeds(const __m512d& a, const __m512d& b) { return {_mm512_cmp_pd_mask(a, b, _CMP_NLE_UQ)}; }

template <std::size_t N>
ODOT_INLINE LaneBits<N> both(const LaneBits<N>& a, const LaneBits<N>& b) {
  return {static_cast<std::uint16_t>(a.bits & b.bits)};
}
template <std::size_t N>
ODOT_INLINE LaneBits<N> either(const LaneBits<N>& a, const LaneBits<N>& b) {
  return {static_cast<std::uint16_t>(a.bits | b.bits)};
}
template <std::size_t N>
ODOT_INLINE LaneBits<N> opposite(const LaneBits<N>& a) {
  return {static_cast<std::uint16_t>(a.bits ^ ((1u << N) - 1))};
}
// The numbers are in registers: a compiler may make a masked load of the choice, which waits for the mask.
template <class P>
ODOT_INLINE P in_register(P a) {
#if defined(__GNUC__)
  asm("" : "+v"(a));
#endif
  return a;
}
ODOT_INLINE __m512 choose(const LaneBits<16>& mask, const __m512& a, const __m512& b) {
  return _mm512_mask_blend_ps(mask.bits, in_register(b), in_register(a));
}
ODOT_INLINE __m512d choose(const LaneBits<8>& mask, const __m512d& a, const __m512d& b) {
  return _mm512_mask_blend_pd(static_cast<__mmask8>(mask.bits), in_register(b), in_register(a));
}
ODOT_INLINE __m512 where(const LaneBits<16>& mask, const __m512& a) {
  return _mm512_maskz_mov_ps(mask.bits, in_register(a));
}
ODOT_INLINE __m512d where(const LaneBits<8>& mask, const __m512d& a) {
  return _mm512_maskz_mov_pd(static_cast<__mmask8>(mask.bits), in_register(a));
}
template <std::size_t N>
ODOT_INLINE bool any(const LaneBits<N>& mask) {
  return mask.bits != 0;
}
#endif

/// b where a > 0, else 0.
template <class P>
ODOT_INLINE P where_positive(const P& a, const P& b) {
  const P zero = Eigen::internal::pset1<P>(typename Eigen::internal::unpacket_traits<P>::type(0));
  return choose(less(zero, a), b, zero);
}
/// The larger and the smaller one; NaN if one of them is. (Of a that is NaN, pmax and pmin give a.)
template <class P>
ODOT_INLINE P larger_or_nan(const P& a, const P& b) {
  return choose(equal(b, b), Eigen::internal::pmax(a, b), b);
}
template <class P>
ODOT_INLINE P smaller_or_nan(const P& a, const P& b) {
  return choose(equal(b, b), Eigen::internal::pmin(a, b), b);
}
/// x where a < b, else y.
template <class P>
ODOT_INLINE P where_less(const P& a, const P& b, const P& x, const P& y) {
  return choose(less(a, b), x, y);
}

}  // namespace odot::kernels::simd

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
