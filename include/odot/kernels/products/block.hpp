#pragma once
// SPDX-License-Identifier: MIT
// A product by one thread: block by block of B, which is copied into panels, and tile by tile of C.

#include <algorithm>
#include <cstddef>

#include "odot/core/parallel.hpp"
#include "odot/kernels/products/panels.hpp"
#include "odot/kernels/products/product.hpp"
#include "odot/kernels/products/store.hpp"
#include "odot/kernels/products/tile.hpp"

namespace odot::kernels::products {

/// Terms of a block of B: as many as let a panel fit the first-level cache.
inline constexpr std::size_t block_terms = 512;
/// Numbers in the panels of a block: half a MiB of floats, for the second-level cache.
inline constexpr std::size_t block_numbers = 1 << 17;
/// Numbers of A that are multiplied by a panel before the next panel is taken.
inline constexpr std::size_t a_numbers = 1 << 15;
/// A copy does not pay off for this many tiles or fewer.
inline constexpr std::size_t few_tiles = 3;
/// Numbers of a block of B that is read where it lies, without a copy.
inline constexpr std::size_t read_numbers = 3 << 14;

/// Whether neighbouring columns of a matrix evict each other from a first-level cache.
template <class S>
constexpr bool evicts_itself(const Strided<const S>& matrix) {
  return matrix.column_stride * sizeof(S) % 4096 == 0;
}

/// Whether B is copied into panels, for the tiles of this many rows.
constexpr bool packs_b(std::size_t rows) { return rows > few_tiles * tile_rows; }

/// The largest number of terms of a block. It follows from the whole product, not from a thread's share, since bits
/// depend on it. Where B is not copied, blocks are short, so that most reads of B move along its rows instead of from
/// row to row.
template <class S>
constexpr std::size_t longest_block(const Product<S>& whole) {
  if (packs_b(whole.rows) || whole.b.column_stride != 1) return block_terms;
  return (std::clamp)(read_numbers / (std::max)(whole.b.row_stride, std::size_t{1}), block_terms / 8, block_terms);
}

/// How one thread cuts a product.
template <class S>
struct Blocks {
  std::size_t terms, columns;  // of a block of B
  bool pack_a, pack_b;

  explicit constexpr Blocks(const Product<S>& p, std::size_t longest = block_terms)
      : terms(p.terms == 0 ? 1 : ceil_divide(p.terms, ceil_divide(p.terms, longest))),
        columns((std::min)(p.columns,
                           (std::max)(block_numbers / terms / tile_columns<S>, std::size_t{1}) * tile_columns<S>)),
        pack_a(p.a.column_stride != 1 && p.columns > (evicts_itself(p.a) ? 1 : few_tiles) * tile_columns<S>),
        pack_b(packs_b(p.rows)) {}

  constexpr std::size_t memory_of_b() const { return Panels<S>::size(columns, terms); }
};

/// Numbers of memory that multiply_blocks needs for a product, or for some of its terms.
template <class S>
constexpr std::size_t block_memory(const Product<S>& p) {
  const std::size_t terms = (std::min)(p.terms, block_terms);
  const std::size_t of_b =
      (std::min)(Panels<S>::size(p.columns, terms), (std::max)(block_numbers, tile_columns<S> * terms));
  return of_b + (Blocks<S>(p).pack_a ? ceil_divide(p.rows, tile_rows) * tile_rows * terms : 0);
}

/// Some of the terms, for all rows of some columns of C: stores or adds their sums.
template <class S>
void multiply_panels(const Product<S>& p, const Panels<S>& panels, const S* packed_a, std::size_t first_column,
                     std::size_t first_term, std::size_t terms) {
  const TileStore<S> store(p, first_term > 0, first_term + terms == p.terms);
  const std::size_t block_rows = (std::max)(a_numbers / terms / tile_rows, std::size_t{1}) * tile_rows;
  alignas(64) S sums[tile_rows * tile_columns<S>];
  for (std::size_t begin = 0; begin < p.rows; begin += block_rows) {
    const std::size_t end = (std::min)(p.rows, begin + block_rows);
    for (std::size_t panel = 0; panel < panels.count(); ++panel) {
      const Panel<S> b = panels[panel];
      const std::size_t column = first_column + panel * tile_columns<S>, width = b.packets * simd::lanes<S>;
      std::size_t row = begin;
      while (row < end) {
        const std::size_t height = packed_a ? padded_tile_height(end - row) : tile_height(end - row, row);
        const std::size_t rows = (std::min)(height, end - row);
        const std::size_t before = packed_a ? 0 : height - rows;  // rows of the tile that are done already
        const Strided<const S> a =
            packed_a ? Strided<const S>{packed_a + row * terms, 1, tile_rows} : p.a.from(row - before, first_term);
        if (const auto place = store.place(row, column); place.data && b.is_whole() && height == rows) {
          const std::size_t count = height == tile_rows ? (end - row) / tile_rows : 1;
          multiply_tiles(height, b.packets, count, a, tile_rows * (packed_a ? terms : p.a.row_stride), b.data,
                         b.row_stride, terms, place);
          row += count * rows;
          continue;
        }
        multiply_tiles<S>(height, b.packets, 1, a, 0, b.data, b.row_stride, terms, {sums, width, nullptr, false});
        store(sums + before * width, b.packets, row, rows, column, b.columns);
        row += rows;
      }
    }
  }
}

template <class S>
void multiply_blocks(const Product<S>& p, std::size_t longest, S* memory) {
  const Blocks<S> blocks(p, longest);
  S* const packed_a = blocks.pack_a ? memory + blocks.memory_of_b() : nullptr;
  for (std::size_t term = 0; term < p.terms; term += blocks.terms) {
    const std::size_t terms = (std::min)(blocks.terms, p.terms - term);
    if (packed_a)
      for (std::size_t row = 0; row < p.rows; row += tile_rows)
        pack_panel<tile_rows>(p.a.from(row, term), (std::min)(tile_rows, p.rows - row), terms, packed_a + row * terms);
    for (std::size_t column = 0; column < p.columns; column += blocks.columns) {
      const Panels<S> panels(p.b.from(term, column), (std::min)(blocks.columns, p.columns - column), terms,
                             blocks.pack_b, memory);
      multiply_panels(p, panels, packed_a, column, term, terms);
    }
  }
}

}  // namespace odot::kernels::products
