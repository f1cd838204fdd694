#pragma once
// SPDX-License-Identifier: MIT
// Square blocks of packets, transposed, and what is made so: sums over the lanes of several packets at once.

#include <cstddef>
#include <utility>

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

/// lanes × lanes numbers, one packet per row.
template <class Scalar>
using Block = Eigen::internal::PacketBlock<Packet<Scalar>, static_cast<int>(lanes<Scalar>)>;

template <class Scalar>
ODOT_INLINE void transpose(Block<Scalar>& block) {
  Eigen::internal::ptranspose(block);
}

/// The sums of two packets.
template <class Scalar>
struct PairOfSums {
  Scalar first, second;
};

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

/// Lane l and the one half a packet behind it, added up.
template <class P, std::size_t... Lane>
ODOT_INLINE auto add_halves(const P& a, std::index_sequence<Lane...>) {
  return __builtin_shufflevector(a, a, Lane...) + __builtin_shufflevector(a, a, (sizeof...(Lane) + Lane)...);
}
/// The sums of two packets, in the order of the sum of one.
template <class Scalar, std::size_t L, class P>
ODOT_INLINE PairOfSums<Scalar> pair_of_sums(const P& a, const P& b) {
  if constexpr (L * sizeof(Scalar) > 16) {
    constexpr std::make_index_sequence<L / 2> half;
    return pair_of_sums<Scalar, L / 2>(add_halves(a, half), add_halves(b, half));
  } else if constexpr (L == 4) {
    const auto sums = __builtin_shufflevector(a, b, 0, 1, 4, 5) + __builtin_shufflevector(a, b, 2, 3, 6, 7);
    const auto all = sums + __builtin_shufflevector(sums, sums, 1, 0, 3, 2);
    return {all[0], all[2]};
  } else {
    const auto sums = __builtin_shufflevector(a, b, 0, 2) + __builtin_shufflevector(a, b, 1, 3);
    return {sums[0], sums[1]};
  }
}
#endif

}  // namespace detail

/// The sums over the lanes of two packets, which take fewer instructions together.
template <class Scalar>
ODOT_INLINE PairOfSums<Scalar> sums(const Packet<Scalar>& a, const Packet<Scalar>& b) {
#if ODOT_SHUFFLE && defined(__SSE2__)
  if constexpr (lanes<Scalar> > 1) return detail::pair_of_sums<Scalar, lanes<Scalar>>(a, b);
#endif
  return {sum(a), sum(b)};
}

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
