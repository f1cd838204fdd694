#pragma once
// SPDX-License-Identifier: MIT
// Pixels at places between those of a picture: a register of places at once.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "odot/core/config.hpp"
#include "odot/kernels/parallel/cpu/packed.hpp"
#include "odot/kernels/simd_convert.hpp"

namespace odot::kernels::detail {

#if ODOT_CONVERT

/// The four bytes that begin at plane + first[l], in lane l.
template <class Ints>
ODOT_INLINE Ints words_at(const std::uint8_t* plane, const Ints& first) {
  constexpr std::size_t lanes = sizeof(Ints) / sizeof(std::int32_t);
#ifdef EIGEN_VECTORIZE_AVX512
  if constexpr (lanes == 16)
    return std::bit_cast<Ints>(_mm512_i32gather_epi32(std::bit_cast<__m512i>(first), plane, 1));
#endif
#ifdef EIGEN_VECTORIZE_AVX2
  if constexpr (lanes == 8)
    return std::bit_cast<Ints>(
        _mm256_i32gather_epi32(reinterpret_cast<const int*>(plane), std::bit_cast<__m256i>(first), 1));
#endif
  std::int32_t words[lanes];
  for (std::size_t l = 0; l < lanes; ++l) std::memcpy(&words[l], plane + first[l], sizeof(words[l]));
  Ints result;
  std::memcpy(&result, words, sizeof(result));
  return result;
}

/// As BetweenPixels, of bytes: the two pixels of a row are one load.
template <class S, std::size_t H, std::size_t W>
  requires(simd::lanes<S> > 1 && H > 1 && W > 1 && std::endian::native == std::endian::little)
ODOT_INLINE Register<S> between_pixels(const std::uint8_t* plane, const Register<S>& x, const Register<S>& y,
                                       std::integral_constant<std::size_t, H>, std::integral_constant<std::size_t, W>) {
  using Numbers = typename simd::detail::VectorOf<S, simd::lanes<S>>::type;
  using Ints = typename simd::detail::VectorOf<std::int32_t, simd::lanes<S>>::type;
  constexpr auto width = static_cast<std::int32_t>(W);
  const Numbers places_x = std::bit_cast<Numbers>(x.packet), places_y = std::bit_cast<Numbers>(y.packet);
  // Place W − 1 lies between the last two pixels. (A comparison is −1 where it holds.)
  Ints j = __builtin_convertvector(places_x, Ints), i = __builtin_convertvector(places_y, Ints);
  j += j > width - 2;
  i += i > static_cast<std::int32_t>(H) - 2;
  const Numbers right = places_x - __builtin_convertvector(j, Numbers),
                down = places_y - __builtin_convertvector(i, Numbers);
  // The upper two pixels are the lower half of a word, the lower two the upper half of another: no byte is read that
  // does not belong to the plane.
  const Ints first = i * width + j;
  const Ints upper_word = words_at(plane, first), lower_word = words_at(plane + (W - 2), first);
  const Numbers a = __builtin_convertvector(upper_word & 255, Numbers),
                b = __builtin_convertvector(upper_word >> 8 & 255, Numbers),
                c = __builtin_convertvector(lower_word >> 16 & 255, Numbers),
                d = __builtin_convertvector(lower_word >> 24 & 255, Numbers);
  const Numbers upper = a + (b - a) * right, lower = c + (d - c) * right;
  return {std::bit_cast<simd::Packet<S>>(upper + (lower - upper) * down)};
}

#endif

}  // namespace odot::kernels::detail
