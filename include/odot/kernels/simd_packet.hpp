#pragma once
// SPDX-License-Identifier: MIT
// Eigen's packets under short names: one SIMD register of the widest kind that the build allows, or a plain number.
// Loads, stores and arithmetic, lane by lane.

#include <cstddef>

#include "odot/core/config.hpp"
#include "odot/kernels/eigen_core.hpp"

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
/// Has the memory at `from` brought near, for a load that comes later.
template <class Scalar>
ODOT_INLINE void prefetch(const Scalar* from) {
  Eigen::internal::prefetch(from);
}
/// The same for a store. Unlike a load's, this cache line need not be shared with other cores.
template <class Scalar>
ODOT_INLINE void prefetch_to_store([[maybe_unused]] Scalar* to) {
#if defined(__GNUC__)
  __builtin_prefetch(to, 1);
#endif
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
/// The largest of a packet's numbers, which must not be NaN: a NaN could hide a larger number.
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
/// (core/config.hpp refuses -ffast-math, but Clang defines no macro for -funsafe-math-optimizations or
/// -fassociative-math alone. The same of plain numbers: ODOT_KEEP_ORDER.)
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

/// A packet of 32-bit integers as wide as Packet<float>; a plain integer where there is no SIMD.
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

}  // namespace odot::kernels::simd

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
