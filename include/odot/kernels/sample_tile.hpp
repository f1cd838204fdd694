#pragma once
// SPDX-License-Identifier: MIT
// Sample tiles: one SIMD register's worth of samples side by side in the innermost dimension, [elements, lanes]. In this
// layout every operation on a sample is one vertical SIMD instruction for all of the tile.

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <type_traits>

#include "odot/kernels/simd.hpp"

namespace odot::kernels {

namespace detail {

/// body(samples), for the usual case of a full tile with a number that is known at compile time.
template <class S, class Body>
void with_samples(std::size_t samples, const Body& body) {
  constexpr std::size_t L = simd::lanes<S>;
  if (samples >= L) body(std::integral_constant<std::size_t, L>{});
  else body(samples);
}

/// body(e) for blocks of as many elements as there are lanes, the last of which may overlap the one before; fewer elements
/// go to single(e) one by one.
template <class S, class Body, class Single>
void in_blocks(std::size_t elements, const Body& body, const Single& single) {
  constexpr std::size_t L = simd::lanes<S>;
  std::size_t e = 0;
  for (; e + L <= elements; e += L) body(e);
  if (e < elements && elements >= L) return body(elements - L);
  for (; e < elements; ++e) single(e);
}

}  // namespace detail

/// to(e)[l] = x[l][e] for l < samples, 0 for the other lanes, e < elements; x's rows are `stride` elements apart. An element
/// may be asked for twice.
template <class S, std::invocable<std::size_t> To>
void load_elements(const S* x, std::size_t elements, std::size_t stride, std::size_t samples, const To& to) {
  constexpr std::size_t L = simd::lanes<S>;
  detail::with_samples<S>(samples, [&](auto count) {
    const auto load_block = [&](std::size_t e) {
      simd::Block<S> block;
#pragma GCC unroll 16
      for (std::size_t l = 0; l < L; ++l)
        block.packet[l] = l < count ? simd::load(x + l * stride + e) : simd::all(S{0});
      simd::transpose<S>(block);
#pragma GCC unroll 16
      for (std::size_t i = 0; i < L; ++i) simd::store(to(e + i), block.packet[i]);
    };
    detail::in_blocks<S>(elements, load_block, [&](std::size_t e) {
      for (std::size_t l = 0; l < L; ++l) to(e)[l] = l < count ? x[l * stride + e] : S{0};
    });
  });
}

/// The same, the elements one after the other in `tile`.
template <class S>
void load_elements(const S* x, std::size_t elements, std::size_t stride, std::size_t samples, S* tile) {
  load_elements(x, elements, stride, samples, [&](std::size_t e) { return tile + e * simd::lanes<S>; });
}

/// x[l][e] = from(e)[l] for l < samples, e < elements, where from(e) is a packet. An element may be asked for twice.
template <class S, std::invocable<std::size_t> From>
void store_elements(const From& from, std::size_t elements, std::size_t stride, std::size_t samples, S* x) {
  constexpr std::size_t L = simd::lanes<S>;
  detail::with_samples<S>(samples, [&](auto count) {
    const auto store_block = [&](std::size_t e) {
      simd::Block<S> block;
#pragma GCC unroll 16
      for (std::size_t i = 0; i < L; ++i) block.packet[i] = from(e + i);
      simd::transpose<S>(block);
#pragma GCC unroll 16
      for (std::size_t l = 0; l < L; ++l)
        if (l < count) simd::store(x + l * stride + e, block.packet[l]);
    };
    detail::in_blocks<S>(elements, store_block, [&](std::size_t e) {
      S values[L];
      simd::store(values, from(e));
      for (std::size_t l = 0; l < count; ++l) x[l * stride + e] = values[l];
    });
  });
}

/// The same, the elements one after the other in `tile`.
template <class S>
void store_elements(const S* tile, std::size_t elements, std::size_t stride, std::size_t samples, S* x) {
  store_elements([&](std::size_t e) { return simd::load(tile + e * simd::lanes<S>); }, elements, stride, samples, x);
}

/// load_elements of a number known at compile time.
template <std::size_t Elements, class S>
void load_tile(const S* x, std::size_t stride, std::size_t samples, S* tile) {
  load_elements(x, Elements, stride, samples, tile);
}

/// The lanes without a sample = the last sample, for arithmetic in which 0 is not neutral (0 · ∞).
template <class S>
void repeat_last_sample(std::size_t elements, std::size_t samples, S* tile) {
  constexpr std::size_t L = simd::lanes<S>;
  for (std::size_t e = 0; samples < L && e < elements; ++e)
    std::fill(tile + e * L + samples, tile + (e + 1) * L, tile[e * L + samples - 1]);
}

/// store_elements of a number known at compile time.
template <std::size_t Elements, class S>
void store_tile(const S* tile, std::size_t stride, std::size_t samples, S* x) {
  store_elements(tile, Elements, stride, samples, x);
}

/// sums[e] += Σ_l tile[e][l], of one or several `sums`. What follows the last of them, up to a multiple of the lanes, must
/// be there and no other thread's; 0 is added to it.
template <std::size_t Elements, class S, class... Sums>
ODOT_INLINE void add_lane_sums(const S* tile, Sums*... sums) {
  constexpr std::size_t L = simd::lanes<S>, rest = Elements % L;
  const auto add = [](const auto& block, S* to) { simd::store(to, simd::add(simd::load(to), block)); };
  const auto add_block = [&]<std::size_t Count>(std::size_t e) {
    const auto block = simd::lane_sums<Count>(tile + e * L);
    (add(block, sums + e), ...);
  };
  for (std::size_t e = 0; e + L <= Elements; e += L) add_block.template operator()<L>(e);
  if constexpr (rest > 0) add_block.template operator()<rest>(Elements - rest);
}

}  // namespace odot::kernels
