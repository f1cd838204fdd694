#pragma once
// SPDX-License-Identifier: MIT
// The inner loop of every product: a tile of C that stays in registers.

#include <algorithm>
#include <cstddef>

#include "odot/core/config.hpp"
#include "odot/kernels/products/product.hpp"
#include "odot/kernels/simd.hpp"

namespace odot::kernels::products {

/// Rows of the largest tile. Three quarters of the registers hold sums, two more numbers of B and one a number of A.
inline constexpr std::size_t tile_rows = simd::registers >= 32 ? 12 : simd::registers >= 16 ? 6 : 2;
/// Packets of columns.
inline constexpr std::size_t tile_packets = 2;
template <class S>
inline constexpr std::size_t tile_columns = tile_packets * simd::lanes<S>;

/// Where a tile is stored: row r at data + r · row_stride.
template <class S>
struct TilePlace {
  S* data;
  std::size_t row_stride;
  const S* bias;  // for the tile's columns, or nullptr
  bool add;       // whether to add to what is there
};

/// c[r, j] = Σ_k a[r, k] · b[k, j], r < Rows, j < Packets · lanes; plus the bias and what is there, if `c` says so.
/// Each sum adds its terms in order, whatever the size of the tile: a number's place in C does not change its bits.
/// b: `b_row` numbers from one k to the next; a row's numbers are contiguous.
template <std::size_t Rows, std::size_t Packets, class S>
ODOT_INLINE void multiply_tile(const Strided<const S>& a, const S* b, std::size_t b_row, std::size_t terms,
                               const TilePlace<S>& c) {
  constexpr std::size_t lanes = simd::lanes<S>, groups = (Rows + 3) / 4;
  const S* rows[groups];  // one for every four rows; the others' addresses follow from it
  simd::Packet<S> sum[Rows][Packets];
#pragma GCC unroll 16
  for (std::size_t g = 0; g < groups; ++g) rows[g] = a.data + 4 * g * a.row_stride;
#pragma GCC unroll 16
  for (std::size_t r = 0; r < Rows; ++r)
#pragma GCC unroll 16
    for (std::size_t p = 0; p < Packets; ++p) sum[r][p] = simd::all(S{0});
  for (std::size_t k = 0; k < terms; ++k) {
    simd::Packet<S> right[Packets];
#pragma GCC unroll 16
    for (std::size_t p = 0; p < Packets; ++p) right[p] = simd::load(b + p * lanes);
#pragma GCC unroll 16
    for (std::size_t r = 0; r < Rows; ++r) {
      const auto left = simd::all(rows[r / 4][r % 4 * a.row_stride]);
#pragma GCC unroll 16
      for (std::size_t p = 0; p < Packets; ++p) sum[r][p] = simd::multiply_add(left, right[p], sum[r][p]);
    }
#pragma GCC unroll 16
    for (std::size_t g = 0; g < groups; ++g) rows[g] += a.column_stride;
    b += b_row;
  }
#pragma GCC unroll 16
  for (std::size_t r = 0; r < Rows; ++r)
#pragma GCC unroll 16
    for (std::size_t p = 0; p < Packets; ++p) {
      S* const to = c.data + r * c.row_stride + p * lanes;
      auto v = sum[r][p];
      if (c.bias) v = simd::add(v, simd::load(c.bias + p * lanes));
      if (c.add) v = simd::add(simd::load<S>(to), v);
      simd::store(to, v);
    }
}

/// The heights that a tile may have.
inline constexpr std::size_t tile_heights[] = {tile_rows, (std::max)(tile_rows * 2 / 3, std::size_t{1}),
                                               (std::max)(tile_rows / 3, std::size_t{1}),
                                               (std::max)(tile_rows / 6, std::size_t{1}), 1};

/// The height of the next tile if `rows` rows are left and `before` rows are done: the largest height that the rows
/// left fill; or the smallest that covers all of them, since a tile may begin among the rows that are done. Two tiles
/// of equal height are better than a high one and a low one.
inline std::size_t tile_height(std::size_t rows, std::size_t before) {
  const bool two = rows > tile_rows && rows < 2 * tile_rows;
  if (two) rows = (rows + 1) / 2;
  std::size_t height = 0;
  for (const std::size_t next : tile_heights)  // from the highest down
    if (two ? next >= rows : next >= rows && next - rows <= before) height = next;
    else if (next < rows && height == 0) height = next;
  return height;
}
/// The same for packed A, whose last tile is padded with zeros.
inline std::size_t padded_tile_height(std::size_t rows) { return tile_height((std::min)(rows, tile_rows), tile_rows); }

/// multiply_tile for `count` tiles one below the other, which are `next` numbers apart in A, of one of those heights
/// and of 1 or 2 packets.
template <class S>
void multiply_tiles(std::size_t height, std::size_t packets, std::size_t count, Strided<const S> a, std::size_t next,
                    const S* b, std::size_t b_row, std::size_t terms, TilePlace<S> c) {
  const auto with = [&]<std::size_t Rows, std::size_t Packets>() {
    for (std::size_t t = 0; t < count; ++t) {
      multiply_tile<Rows, Packets>(a, b, b_row, terms, c);
      a.data += next;
      c.data += Rows * c.row_stride;
    }
  };
  const auto of_height = [&]<std::size_t Rows>() {
    if constexpr (Rows > 0) {
      if (height != Rows) return false;
      if (packets == 1) with.template operator()<Rows, 1>();
      else with.template operator()<Rows, tile_packets>();
    }
    return Rows > 0;
  };
  of_height.template operator()<tile_rows>() || of_height.template operator()<tile_rows * 2 / 3>() ||
      of_height.template operator()<tile_rows / 3>() || of_height.template operator()<tile_rows / 6>() ||
      of_height.template operator()<1>();
}

}  // namespace odot::kernels::products
