#pragma once
// SPDX-License-Identifier: MIT
// Packets of numbers that do not lie side by side: every second one, every third one, …

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

#if ODOT_SHUFFLE
namespace detail {

/// The numbers of a, then those of b, every second one of them, from the first or the second on.
template <class P, std::size_t... Lane>
ODOT_INLINE P every_second(const P& a, const P& b, std::index_sequence<Lane...>) {
  return P(__builtin_shufflevector(a, b, (2 * Lane)...));
}
template <class P, std::size_t... Lane>
ODOT_INLINE P every_other(const P& a, const P& b, std::index_sequence<Lane...>) {
  return P(__builtin_shufflevector(a, b, (2 * Lane + 1)...));
}
/// Lanes First, First, First + 1, First + 1, … of a.
template <std::size_t First, class P, std::size_t... Lane>
ODOT_INLINE P twice(const P& a, std::index_sequence<Lane...>) {
  return P(__builtin_shufflevector(a, a, (First + Lane / 2)...));
}

}  // namespace detail
#endif

/// from[0], from[Stride], from[2 · Stride], …; reads Stride · lanes numbers.
template <std::size_t Stride, class Scalar>
ODOT_INLINE Packet<Scalar> load_every(const Scalar* from) {
  constexpr std::size_t L = lanes<Scalar>;
  if constexpr (Stride == 1 || L == 1) {
    return load(from);
  } else {
#if ODOT_SHUFFLE
    if constexpr (Stride == 2) return detail::every_second(load(from), load(from + L), std::make_index_sequence<L>{});
#endif
    alignas(64) Scalar numbers[L];
    for (std::size_t l = 0; l < L; ++l) numbers[l] = from[l * Stride];
    return load<Scalar>(numbers);
  }
}

/// from[2 l] + from[2 l + 1] in lane l.
template <class Scalar>
ODOT_INLINE Packet<Scalar> sum_pairs(const Scalar* from) {
  constexpr std::size_t L = lanes<Scalar>;
#if ODOT_SHUFFLE
  if constexpr (L > 1) {
    const auto a = load(from), b = load(from + L);
    constexpr std::make_index_sequence<L> all_lanes;
    return add(detail::every_second(a, b, all_lanes), detail::every_other(a, b, all_lanes));
  }
#endif
  alignas(64) Scalar numbers[L];
  for (std::size_t l = 0; l < L; ++l) numbers[l] = from[2 * l] + from[2 * l + 1];
  return load<Scalar>(numbers);
}

/// to[2 l] = to[2 l + 1] = lane l: stores 2 · lanes numbers.
template <class Scalar>
ODOT_INLINE void store_twice(Scalar* to, const Packet<Scalar>& packet) {
  constexpr std::size_t L = lanes<Scalar>;
#if ODOT_SHUFFLE
  if constexpr (L > 1) {
    store<Scalar>(to, detail::twice<0>(packet, std::make_index_sequence<L>{}));
    store<Scalar>(to + L, detail::twice<L / 2>(packet, std::make_index_sequence<L>{}));
    return;
  }
#endif
  alignas(64) Scalar numbers[L];
  store<Scalar>(numbers, packet);
  for (std::size_t l = 0; l < L; ++l) to[2 * l] = to[2 * l + 1] = numbers[l];
}

}  // namespace odot::kernels::simd

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
