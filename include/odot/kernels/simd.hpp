#pragma once
// SPDX-License-Identifier: MIT
// Eigen's packets under short names: one SIMD register of the widest kind that the build allows, or a plain number.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>

#include "odot/core/config.hpp"
#include "odot/kernels/eigen_core.hpp"
#include "odot/kernels/fused_multiply_add.hpp"
#include "odot/kernels/simd_mask.hpp"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wignored-attributes"  // a vector type as a template argument: Eigen's own habit
// As in eigen_core.hpp, for a file that has included the intrinsics before odot.
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

namespace odot::kernels::simd {

template <class Scalar>
using Packet = typename Eigen::internal::packet_traits<Scalar>::type;

/// Numbers in a packet.
template <class Scalar>
inline constexpr std::size_t lanes = Eigen::internal::packet_traits<Scalar>::size;

/// Registers that a kernel may fill with accumulators.
inline constexpr std::size_t registers = EIGEN_ARCH_DEFAULT_NUMBER_OF_REGISTERS;

template <class Scalar>
ODOT_INLINE Packet<Scalar> load(const Scalar* from) {
  return Eigen::internal::ploadu<Packet<Scalar>>(from);
}
template <class Scalar>
ODOT_INLINE void store(Scalar* to, const Packet<Scalar>& packet) {
  Eigen::internal::pstoreu(to, packet);
}
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
}  // namespace detail

namespace detail {

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
#if ODOT_CONVERT
namespace detail {

template <class T, std::size_t N>
struct VectorOf {
  typedef T type __attribute__((vector_size(N * sizeof(T))));
};

/// Numbers become twice as wide in a step: other steps have no instructions.
template <class S, std::size_t N, class T>
ODOT_INLINE typename VectorOf<S, N>::type converted(const typename VectorOf<T, N>::type& numbers) {
  if constexpr (std::is_integral_v<T> && sizeof(T) < sizeof(std::int32_t)) {
    using Wider = std::conditional_t<sizeof(T) == 1, std::int16_t, std::int32_t>;
    return converted<S, N, Wider>(__builtin_convertvector(numbers, typename VectorOf<Wider, N>::type));
  } else {
    return __builtin_convertvector(numbers, typename VectorOf<S, N>::type);
  }
}

}  // namespace detail
#endif

/// As many numbers of another type.
template <class Scalar, class T>
ODOT_INLINE Packet<Scalar> load_converted(const T* from) {
#if ODOT_CONVERT
  if constexpr (lanes<Scalar> > 1 && std::is_floating_point_v<Scalar> && std::is_arithmetic_v<T> &&
                sizeof(T) <= sizeof(std::int64_t) && !std::is_same_v<T, bool>) {
    typename detail::VectorOf<T, lanes<Scalar>>::type numbers;
    std::memcpy(&numbers, from, sizeof(numbers));
    return std::bit_cast<Packet<Scalar>>(detail::converted<Scalar, lanes<Scalar>, T>(numbers));
  }
#endif
  alignas(64) Scalar converted[lanes<Scalar>];
  for (std::size_t l = 0; l < lanes<Scalar>; ++l) converted[l] = static_cast<Scalar>(from[l]);
  return load<Scalar>(converted);
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
/// Has the memory at `from` brought near, for a load that comes later.
template <class Scalar>
ODOT_INLINE void prefetch(const Scalar* from) {
  Eigen::internal::prefetch(from);
}
template <class Scalar>
ODOT_INLINE Packet<Scalar> all(Scalar value) {
  return Eigen::internal::pset1<Packet<Scalar>>(value);
}
/// a · b + c, rounded once or twice
template <class P>
ODOT_INLINE P multiply_add(const P& a, const P& b, const P& c) {
  return Eigen::internal::pmadd(a, b, c);
}
template <class P>
ODOT_INLINE P add(const P& a, const P& b) {
  return Eigen::internal::padd(a, b);
}
template <class P>
ODOT_INLINE P subtract(const P& a, const P& b) {
  return Eigen::internal::psub(a, b);
}
template <class P>
ODOT_INLINE P multiply(const P& a, const P& b) {
  return Eigen::internal::pmul(a, b);
}
template <class P>
ODOT_INLINE P divide(const P& a, const P& b) {
  return Eigen::internal::pdiv(a, b);
}
/// The larger one; a where either is NaN (on ARM NaN).
template <class P>
ODOT_INLINE P larger(const P& a, const P& b) {
  return Eigen::internal::pmax(a, b);
}
/// The smaller one; a where either is NaN (on ARM NaN).
template <class P>
ODOT_INLINE P smaller(const P& a, const P& b) {
  return Eigen::internal::pmin(a, b);
}
/// larger(a, b), NaN where a is NaN.
template <class P>
ODOT_INLINE P max_keeping_nan(const P& a, const P& b) {
  return Eigen::internal::pmax<Eigen::PropagateNaN>(a, b);
}
template <class P>
ODOT_INLINE P exp(const P& a) {
  return Eigen::internal::pexp(a);
}
template <class P>
ODOT_INLINE P log(const P& a) {
  return Eigen::internal::plog(a);
}
template <class P>
ODOT_INLINE P negate(const P& a) {
  return Eigen::internal::pnegate(a);
}
template <class P>
ODOT_INLINE P abs(const P& a) {
  return Eigen::internal::pabs(a);
}
/// 1 / a
template <class P>
ODOT_INLINE P reciprocal(const P& a) {
  return divide(Eigen::internal::pset1<P>(typename Eigen::internal::unpacket_traits<P>::type(1)), a);
}
/// The largest of a packet's numbers, which must not be NaN: what is larger could be lost beside one.
template <class P>
ODOT_INLINE auto largest(const P& a) {
  return Eigen::internal::predux_max(a);
}
/// The smallest, likewise.
template <class P>
ODOT_INLINE auto smallest(const P& a) {
  return Eigen::internal::predux_min(a);
}
/// What `a` is rounded to is wanted: a compiler that may regroup sums sees no further than this, on x86 and 64-bit ARM.
/// (core/config.hpp refuses -ffast-math, but Clang defines no macro for -funsafe-math-optimizations or -fassociative-math
/// alone. The same of plain numbers: ODOT_KEEP_ORDER.)
template <class P>
ODOT_INLINE void keep_rounding([[maybe_unused]] P& a) {
#if defined(__GNUC__) && defined(__AVX512VL__)
  asm("" : "+v"(a));  // any of 32 registers
#elif defined(__GNUC__) && (defined(__x86_64__) || defined(__i386__)) && defined(__SSE2__)
  asm("" : "+x"(a));
#elif defined(__GNUC__) && defined(__aarch64__)
  asm("" : "+w"(a));
#endif
}
/// Sum of a packet's numbers.
template <class P>
ODOT_INLINE auto sum(const P& a) {
  return Eigen::internal::predux(a);
}

/// sums[l] += number l of a packet of another scalar; = where they are the first.
template <class Sum, class P>
ODOT_INLINE void add_to(bool are_first, Sum* sums, const P& a) {
  using Scalar = typename Eigen::internal::unpacket_traits<P>::type;
#if ODOT_CONVERT
  if constexpr (lanes<Scalar> > 1) {
    typedef Sum Sums __attribute__((vector_size(lanes<Scalar> * sizeof(Sum))));
    Sums all = __builtin_convertvector(a, Sums);
    if (!are_first) {
      Sums before;
      std::memcpy(&before, sums, sizeof(before));
      all += before;
    }
    std::memcpy(sums, &all, sizeof(all));
    return;
  }
#endif
  alignas(64) Scalar values[lanes<Scalar>];
  store(values, a);
  for (std::size_t l = 0; l < lanes<Scalar>; ++l)
    sums[l] = are_first ? static_cast<Sum>(values[l]) : sums[l] + static_cast<Sum>(values[l]);
}

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
    const P finite = Eigen::internal::pand(rest, Eigen::internal::pcmp_eq(rest, rest));  // 0 where it is NaN
    return add(add(multiply_add(a, b, sum), finite), e);
  }
}

/// lanes × lanes numbers, one packet a row.
template <class Scalar>
using Block = Eigen::internal::PacketBlock<Packet<Scalar>, static_cast<int>(lanes<Scalar>)>;
/// A packet of 32-bit integers as wide as Packet<float>.
/// (A plain integer where there is no SIMD.)
template <class Traits = Eigen::internal::unpacket_traits<Packet<float>>>
struct IntegerPacketOf {
  using type = int;
};
template <class Traits>
  requires requires { typename Traits::integer_packet; }
struct IntegerPacketOf<Traits> {
  using type = typename Traits::integer_packet;
};
using IntegerPacket = IntegerPacketOf<>::type;

template <class Scalar>
ODOT_INLINE void transpose(Block<Scalar>& block) {
  Eigen::internal::ptranspose(block);
}

namespace detail {

/// lane_sums by a transposition, then adding packets in pairs that are lanes / 2 apart, lanes / 4 and so on.
template <std::size_t Count, class Scalar>
ODOT_INLINE Packet<Scalar> sums_by_transposing(const Scalar* rows) {
  constexpr std::size_t L = lanes<Scalar>;
  Block<Scalar> block;
  for (std::size_t i = 0; i < L; ++i) block.packet[i] = i < Count ? load(rows + i * L) : all(Scalar{0});
  transpose<Scalar>(block);
  for (std::size_t width = L / 2; width > 0; width /= 2)
    for (std::size_t l = 0; l < width; ++l) block.packet[l] = add(block.packet[l], block.packet[l + width]);
  return block.packet[0];
}

#if ODOT_SHUFFLE
/// Sums of pairs of lanes that are `Distance` apart: of a where the lane's number lacks that bit, of b where it has it.
template <std::size_t Distance, class P, std::size_t... Lane>
ODOT_INLINE P add_pairs(const P& a, const P& b, std::index_sequence<Lane...>) {
  constexpr std::size_t of_b = sizeof...(Lane);
  return add(P(__builtin_shufflevector(a, b, ((Lane & Distance) ? of_b + Lane : Lane)...)),
             P(__builtin_shufflevector(a, b, ((Lane & Distance) ? of_b : 0) + (Lane ^ Distance)...)));
}

/// The sums of rows First, First + Distance, First + 2 · Distance, …, each over the lanes that are multiples of Distance
/// apart: two halves of the rows become one packet by adding the same pairs as sums_by_transposing, with fewer shuffles.
template <std::size_t Count, std::size_t First, std::size_t Distance, class Scalar>
ODOT_INLINE Packet<Scalar> tree_of_sums(const Scalar* rows) {
  constexpr std::size_t L = lanes<Scalar>;
  if constexpr (First >= Count) return all(Scalar{0});
  else if constexpr (Distance == L) return load(rows + First * L);
  else
    return add_pairs<Distance>(tree_of_sums<Count, First, 2 * Distance>(rows),
                               tree_of_sums<Count, First + Distance, 2 * Distance>(rows),
                               std::make_index_sequence<L>{});
}
#endif

}  // namespace detail

/// Lane e of the result is Σ_l rows[e][l], rows [Count, lanes], Count ≤ lanes; 0 in lanes without a row.
template <std::size_t Count, class Scalar>
ODOT_INLINE Packet<Scalar> lane_sums(const Scalar* rows) {
  static_assert(Count <= lanes<Scalar>, "odot::kernels::simd::lane_sums: more rows than lanes");
#if ODOT_SHUFFLE
  if constexpr (lanes<Scalar> > 1) return detail::tree_of_sums<Count, 0, 1>(rows);
  else return detail::sums_by_transposing<Count>(rows);
#else
  return detail::sums_by_transposing<Count>(rows);
#endif
}

}  // namespace odot::kernels::simd

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
