#pragma once
// SPDX-License-Identifier: MIT
// What the passes of an attention block on the CPU share: the workers' memory, and what forward leaves for backward.

#include <algorithm>
#include <cstddef>
#include <new>
#include <type_traits>

#include "odot/core/parallel.hpp"
#include "odot/core/workspace.hpp"
#include "odot/kernels/attention_block/cpu/tile.hpp"

namespace odot::kernels::detail {

/// The memory of every worker: scratch and the tile that it has in hand.
template <class T>
class BlockWorkers {
 public:
  BlockWorkers(const Workspace<Cpu>& workspace, Workspace<Cpu>::Frame& frame, std::size_t work)
      : count_(std::min<std::size_t>(static_cast<std::size_t>(workspace.threads()), work)),
        scratch_(frame.take<typename T::Scratch>(count_)), tiles_(frame.take<typename T::Tile>(count_)) {
    using S = std::remove_pointer_t<decltype(T::Tile::out)>;
    for (std::size_t w = 0; w < count_; ++w) {
      new (scratch_ + w) typename T::Scratch(frame.take<S>(T::Scratch::elements));
      new (tiles_ + w) typename T::Tile(frame.take<S>(T::Tile::elements));
    }
  }
  std::size_t count() const { return count_; }
  const typename T::Scratch& scratch(std::size_t worker) const { return scratch_[worker]; }
  typename T::Tile& tile(std::size_t worker) const { return tiles_[worker]; }

 private:
  std::size_t count_;
  typename T::Scratch* scratch_;
  typename T::Tile* tiles_;
};

/// What forward leaves for backward: H + W packets per tile and map (Relevance::softmaxes); x in tiles and the largest |x|
/// of each of their channels; mean and 1/σ per map.
template <class T, class Pointer>
class BlockCache {
  static_assert(T::L <= 16, "attention_block_cache pads to 16 samples");

 public:
  BlockCache(Pointer start, std::size_t samples, std::size_t maps) : maps_(maps) {
    const std::size_t tiles = (samples + T::L - 1) / T::L;
    kept_ = start;
    x_ = kept_ + tiles * maps * T::normalisers;
    largest_ = x_ + tiles * x_stride;
    mean_ = largest_ + tiles * T::C;
  }
  Pointer kept(std::size_t tile, std::size_t m) const { return kept_ + (tile * maps_ + m) * T::normalisers; }
  Pointer x(std::size_t tile) const { return x_ + tile * x_stride; }
  Pointer largest(std::size_t tile) const { return largest_ + tile * T::C; }
  Pointer mean() const { return mean_; }
  Pointer rstd() const { return mean_ + maps_; }

  /// Makes `tile` tile t of the batch.
  void show(std::size_t t, const Chunks& tiles, typename T::Tile& tile) const {
    tile.x = x(t);
    tile.largest = largest(t);
    tile.samples = tiles.size(t);
  }

 private:
  static constexpr std::size_t x_stride = T::C * T::plane * T::L;
  std::size_t maps_;
  Pointer kept_, x_, largest_, mean_;
};

/// A map's norm as a line, Â = A · scale + offset, from its mean and 1/σ; without a norm Â = A.
template <class S>
NormLine<S> block_norm_line(const BlockForm<const S>& form, const S* mean, const S* rstd, std::size_t m) {
  if (form.norm == HeadNorm::none) return {S{0}, S{1}, S{0}};
  return {mean[m], form.scale ? rstd[m] * form.scale[m] : rstd[m], form.shift ? form.shift[m] : S{0}};
}

}  // namespace odot::kernels::detail
