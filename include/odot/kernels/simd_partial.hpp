#pragma once
// SPDX-License-Identifier: MIT
// Packets of which only the first lanes count: the last numbers of a row.

#include <cstddef>

#include "odot/core/config.hpp"
#include "odot/kernels/eigen_core.hpp"
#include "odot/kernels/simd_packet.hpp"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wignored-attributes"  // as in simd_packet.hpp
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

namespace odot::kernels::simd {

namespace detail {

// Of doubles, which Eigen lacks.
struct NoNumber;
void load_first(const NoNumber*, std::size_t, const NoNumber&);  // so that there is one of the name
void store_first(NoNumber*, std::size_t, const NoNumber&);
void choose_first(std::size_t, const NoNumber&, const NoNumber&);
#ifdef EIGEN_VECTORIZE_AVX512
ODOT_INLINE __m512d load_first(const double* from, std::size_t count, const __m512d&) {
  return _mm512_maskz_loadu_pd(static_cast<__mmask8>((1u << count) - 1), from);
}
ODOT_INLINE void store_first(double* to, std::size_t count, const __m512d& packet) {
  _mm512_mask_storeu_pd(to, static_cast<__mmask8>((1u << count) - 1), packet);
}
/// The first `count`, a constant, in pieces: a masked store seems to write all of its bytes to a load that follows it, as
/// that of the next row in place, which then waits until it is done.
ODOT_INLINE void store_pieces(float* to, std::size_t count, const __m512& packet) {
  __m256 half = _mm512_castps512_ps256(packet);
  if (count & 8) {
    _mm256_storeu_ps(to, half);
    half = _mm256_castpd_ps(_mm512_extractf64x4_pd(_mm512_castps_pd(packet), 1));
  }
  __m128 quarter = _mm256_castps256_ps128(half);
  if (count & 4) {
    _mm_storeu_ps(to + (count & 8), quarter);
    quarter = _mm256_extractf128_ps(half, 1);
  }
  if (count & 2) {
    _mm_storel_pi(reinterpret_cast<__m64*>(to + (count & 12)), quarter);
    quarter = _mm_movehl_ps(quarter, quarter);
  }
  if (count & 1) _mm_store_ss(to + (count & 14), quarter);
}
ODOT_INLINE void store_pieces(double* to, std::size_t count, const __m512d& packet) {
  __m256d half = _mm512_castpd512_pd256(packet);
  if (count & 4) {
    _mm256_storeu_pd(to, half);
    half = _mm512_extractf64x4_pd(packet, 1);
  }
  __m128d quarter = _mm256_castpd256_pd128(half);
  if (count & 2) {
    _mm_storeu_pd(to + (count & 4), quarter);
    quarter = _mm256_extractf128_pd(half, 1);
  }
  if (count & 1) _mm_store_sd(to + (count & 6), quarter);
}
ODOT_INLINE __m512 choose_first(std::size_t count, const __m512& a, const __m512& b) {
  return _mm512_mask_blend_ps(static_cast<__mmask16>((1u << count) - 1), b, a);
}
ODOT_INLINE __m512d choose_first(std::size_t count, const __m512d& a, const __m512d& b) {
  return _mm512_mask_blend_pd(static_cast<__mmask8>((1u << count) - 1), b, a);
}
#elif defined(EIGEN_VECTORIZE_AVX)
ODOT_INLINE __m256i first_lanes(std::size_t count) {
  return _mm256_castpd_si256(
      _mm256_cmp_pd(_mm256_setr_pd(0, 1, 2, 3), _mm256_set1_pd(static_cast<double>(count)), _CMP_LT_OQ));
}
ODOT_INLINE __m256d load_first(const double* from, std::size_t count, const __m256d&) {
  return _mm256_maskload_pd(from, first_lanes(count));
}
ODOT_INLINE void store_first(double* to, std::size_t count, const __m256d& packet) {
  _mm256_maskstore_pd(to, first_lanes(count), packet);
}
#endif

// Of a packet of `like`'s type: it is deduced, since GCC warns of a vector type that is named as a template's argument.
template <class Scalar, class P>
ODOT_INLINE P load_part(const Scalar* from, std::size_t count, const P& like) {
  using Traits = Eigen::internal::unpacket_traits<P>;
  if constexpr (lanes<Scalar> == 1) {
    return Scalar{0};
  } else if constexpr (Traits::masked_load_available) {
    return Eigen::internal::ploadu<P>(from, static_cast<typename Traits::mask_t>((1u << count) - 1));
  } else if constexpr (requires { load_first(from, count, like); }) {
    return load_first(from, count, like);
  } else {
    alignas(64) Scalar padded[lanes<Scalar>] = {};
    for (std::size_t l = 0; l < count; ++l) padded[l] = from[l];
    return Eigen::internal::ploadu<P>(padded);
  }
}
template <class Scalar, class P>
ODOT_INLINE void store_part(Scalar* to, std::size_t count, const P& packet) {
  using Traits = Eigen::internal::unpacket_traits<P>;
#if defined(EIGEN_VECTORIZE_AVX512) && defined(__GNUC__)
  if constexpr (requires { store_pieces(to, count, packet); })
    if (__builtin_constant_p(count)) return store_pieces(to, count, packet);
#endif
  if constexpr (lanes<Scalar> == 1) {
    return;
  } else if constexpr (Traits::masked_store_available) {
    Eigen::internal::pstoreu(to, packet, static_cast<typename Traits::mask_t>((1u << count) - 1));
  } else if constexpr (requires { store_first(to, count, packet); }) {
    store_first(to, count, packet);
  } else {
    alignas(64) Scalar padded[lanes<Scalar>];
    store(padded, packet);
    for (std::size_t l = 0; l < count; ++l) to[l] = padded[l];
  }
}

}  // namespace detail

/// The first `count` < lanes numbers, 0 in the other lanes; memory behind them is not read.
template <class Scalar>
ODOT_INLINE Packet<Scalar> load_first(const Scalar* from, std::size_t count) {
  return detail::load_part(from, count, Packet<Scalar>());
}
/// Stores the first `count` < lanes numbers, and nothing behind them.
template <class Scalar>
ODOT_INLINE void store_first(Scalar* to, std::size_t count, const Packet<Scalar>& packet) {
  detail::store_part(to, count, packet);
}
/// a in the first `count` lanes, b in the others.
template <class P>
ODOT_INLINE P first_of(std::size_t count, const P& a, const P& b) {
  if constexpr (requires { detail::choose_first(count, a, b); }) {
    return detail::choose_first(count, a, b);
  } else {
    using Scalar = typename Eigen::internal::unpacket_traits<P>::type;
    const P limit = Eigen::internal::pset1<P>(static_cast<Scalar>(count));
    return Eigen::internal::pselect(Eigen::internal::pcmp_lt(Eigen::internal::plset<P>(Scalar{0}), limit), a, b);
  }
}

}  // namespace odot::kernels::simd

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
