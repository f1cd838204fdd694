#pragma once
// SPDX-License-Identifier: MIT
// Packets made of numbers of another type, and added to such.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

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

}  // namespace odot::kernels::simd

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
