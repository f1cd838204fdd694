#pragma once
// SPDX-License-Identifier: MIT
// Copies of a matrix's columns or rows in the order in which a tile reads them.

#include <algorithm>
#include <cstddef>

#include "odot/kernels/products/product.hpp"
#include "odot/kernels/products/tile.hpp"
#include "odot/kernels/simd.hpp"

namespace odot::kernels::products {

/// to[k, i] = from[i, k], i < count, and 0 for count ≤ i < Width.
template <std::size_t Width, class S>
void pack_panel(const Strided<const S>& from, std::size_t count, std::size_t terms, S* to) {
  constexpr std::size_t lanes = simd::lanes<S>;
  if (from.row_stride == 1 && (count == Width || Width % lanes == 0)) {
    constexpr std::size_t whole = Width / lanes * lanes;
    for (std::size_t k = 0; k < terms; ++k) {
      const S* const row = from.data + k * from.column_stride;
#pragma GCC unroll 4
      for (std::size_t i = 0; i < whole; i += lanes)
        simd::store(to + k * Width + i, i + lanes <= count ? simd::load(row + i)
                                        : i < count        ? simd::load_first(row + i, count - i)
                                                           : simd::all(S{0}));
      if constexpr (whole < Width)
        simd::store_first(to + k * Width + whole, Width - whole, simd::load_first(row + whole, Width - whole));
    }
    return;
  }
  std::size_t k = 0;
  if (from.column_stride == 1 && lanes > 1) {
    for (; k + lanes <= terms; k += lanes) {
#pragma GCC unroll 4
      for (std::size_t i = 0; i < Width; i += lanes) {
        simd::Block<S> block;
        for (std::size_t l = 0; l < lanes; ++l)
          block.packet[l] = i + l < count ? simd::load(from.data + (i + l) * from.row_stride + k) : simd::all(S{0});
        simd::transpose<S>(block);
        for (std::size_t l = 0; l < lanes; ++l) {
          if (i + lanes <= Width) simd::store(to + (k + l) * Width + i, block.packet[l]);
          else simd::store_first(to + (k + l) * Width + i, Width - i, block.packet[l]);
        }
      }
    }
  }
  for (; k < terms; ++k) {
    for (std::size_t i = 0; i < count; ++i) to[k * Width + i] = from.data[i * from.row_stride + k * from.column_stride];
    std::fill(to + k * Width + count, to + (k + 1) * Width, S{0});
  }
}

/// Some columns of B, at most tile_columns, of `packets` packets: row k at data + k · row_stride.
template <class S>
struct Panel {
  const S* data;
  std::size_t row_stride, columns, packets;

  bool is_whole() const { return columns == packets * simd::lanes<S>; }
};

/// B [terms, columns] in panels of tile_columns columns; the last one is one packet wide if that suffices.
template <class S>
class Panels {
  static constexpr std::size_t width = tile_columns<S>, lanes = simd::lanes<S>;

 public:
  /// Numbers of memory for the panels.
  static constexpr std::size_t size(std::size_t columns, std::size_t terms) {
    return (columns + width - 1) / width * width * terms;
  }

  /// Without `pack`, panels are B itself if the numbers of its rows are contiguous; only a last panel that is not full
  /// is a copy.
  Panels(const Strided<const S>& b, std::size_t columns, std::size_t terms, bool pack, S* memory)
      : b_(b), columns_(columns), terms_(terms), packed_(pack || b.column_stride != 1 ? 0 : without_gaps()),
        memory_(memory) {
    for (std::size_t p = packed_; p < count(); ++p) {
      const Panel<S> panel = (*this)[p];
      const Strided<const S> from = b.from(0, p * width).transposed();
      S* const to = place(p);
      if (panel.packets == 1) pack_panel<lanes>(from, panel.columns, terms, to);
      else pack_panel<width>(from, panel.columns, terms, to);
    }
  }

  std::size_t count() const { return (columns_ + width - 1) / width; }
  Panel<S> operator[](std::size_t panel) const {
    const std::size_t columns = (std::min)(width, columns_ - panel * width),
                      packets = columns <= lanes ? 1 : tile_packets;
    if (panel < packed_) return {b_.data + panel * width, b_.row_stride, columns, packets};
    return {place(panel), packets * lanes, columns, packets};
  }

 private:
  std::size_t without_gaps() const { return columns_ % width == lanes ? count() : columns_ / width; }
  S* place(std::size_t panel) const { return memory_ + (panel - packed_) * width * terms_; }

  Strided<const S> b_;
  std::size_t columns_, terms_, packed_;  // panels from `packed_` on are copies
  S* memory_;
};

}  // namespace odot::kernels::products
