#pragma once
// SPDX-License-Identifier: MIT
// Sample tiles: one SIMD register's worth of samples side by side in the innermost dimension, [elements, lanes]. In this
// layout every operation on a sample is one vertical SIMD instruction for all of the tile.

#include <algorithm>
#include <cstddef>

#include "odot/kernels/simd.hpp"

namespace odot::kernels {

/// tile[e][l] = x[l][e] for l < samples, 0 for the other lanes, e < elements; x's rows are `stride` elements apart.
template <class S>
void load_elements(const S* x, std::size_t elements, std::size_t stride, std::size_t samples, S* tile) {
  constexpr std::size_t L = simd::lanes<S>;
  const auto load_block = [&](std::size_t e) {
    simd::Block<S> block;
    for (std::size_t l = 0; l < L; ++l)
      block.packet[l] = l < samples ? simd::load(x + l * stride + e) : simd::all(S{0});
    simd::transpose<S>(block);
    for (std::size_t i = 0; i < L; ++i) simd::store(tile + (e + i) * L, block.packet[i]);
  };
  std::size_t e = 0;
  for (; e + L <= elements; e += L) load_block(e);
  if (e < elements && elements >= L) return load_block(elements - L);  // the last block may overlap the one before
  for (; e < elements; ++e)
    for (std::size_t l = 0; l < L; ++l) tile[e * L + l] = l < samples ? x[l * stride + e] : S{0};
}

/// x[l][e] = tile[e][l] for l < samples, e < elements.
template <class S>
void store_elements(const S* tile, std::size_t elements, std::size_t stride, std::size_t samples, S* x) {
  constexpr std::size_t L = simd::lanes<S>;
  const auto store_block = [&](std::size_t e) {
    simd::Block<S> block;
    for (std::size_t i = 0; i < L; ++i) block.packet[i] = simd::load(tile + (e + i) * L);
    simd::transpose<S>(block);
    for (std::size_t l = 0; l < std::min(L, samples); ++l) simd::store(x + l * stride + e, block.packet[l]);
  };
  std::size_t e = 0;
  for (; e + L <= elements; e += L) store_block(e);
  if (e < elements && elements >= L) return store_block(elements - L);
  for (; e < elements; ++e)
    for (std::size_t l = 0; l < std::min(L, samples); ++l) x[l * stride + e] = tile[e * L + l];
}

/// load_elements of a number known at compile time.
template <std::size_t Elements, class S>
void load_tile(const S* x, std::size_t stride, std::size_t samples, S* tile) {
  load_elements(x, Elements, stride, samples, tile);
}

/// store_elements of a number known at compile time.
template <std::size_t Elements, class S>
void store_tile(const S* tile, std::size_t stride, std::size_t samples, S* x) {
  store_elements(tile, Elements, stride, samples, x);
}

/// sums[e] += Σ_l tile[e][l], e < L: one block.
template <class S>
ODOT_INLINE void add_block_sums(const S* tile, S* sums) {
  constexpr std::size_t L = simd::lanes<S>;
  simd::Block<S> block;
  for (std::size_t i = 0; i < L; ++i) block.packet[i] = simd::load(tile + i * L);
  simd::transpose<S>(block);
  for (std::size_t width = L / 2; width > 0; width /= 2)  // a tree, for speed and accuracy
    for (std::size_t l = 0; l < width; ++l) block.packet[l] = simd::add(block.packet[l], block.packet[l + width]);
  simd::store(sums, simd::add(simd::load(sums), block.packet[0]));
}

/// sums[e] += Σ_l tile[e][l].
template <std::size_t Elements, class S>
void add_lane_sums(const S* tile, S* sums) {
  constexpr std::size_t L = simd::lanes<S>;
  std::size_t e = 0;
  for (; e + L <= Elements; e += L) add_block_sums(tile + e * L, sums + e);
  if constexpr (Elements % L != 0)
    for (; e < Elements; ++e) sums[e] += simd::sum(simd::load(tile + e * L));
}

/// add_lane_sums of a tile that comes in rows of `Row` elements: only what does not fill a block yet is held back.
template <std::size_t Row, class S>
class LaneSums {
  static constexpr std::size_t L = simd::lanes<S>;

 public:
  static constexpr std::size_t elements = (Row + L) * L;  // of the memory
  explicit LaneSums(S* memory) : memory_(memory) {}

  /// The sums to come go to `sums`.
  void start(S* sums) {
    sums_ = sums;
    held_ = 0;
  }
  /// Where the next row goes, [Row, L].
  S* row() const { return memory_ + held_ * L; }
  /// The row is there.
  void add() {
    held_ += Row;
    const S* from = memory_;
    for (; held_ >= L; held_ -= L, from += L * L, sums_ += L) add_block_sums(from, sums_);
    if (from != memory_) std::copy_n(from, held_ * L, memory_);
  }
  /// It was the last one.
  void finish() {
    for (std::size_t e = 0; e < held_; ++e) sums_[e] += simd::sum(simd::load(memory_ + e * L));
  }

 private:
  S *memory_, *sums_ = nullptr;
  std::size_t held_ = 0;
};

}  // namespace odot::kernels
