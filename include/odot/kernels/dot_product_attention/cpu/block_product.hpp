#pragma once
// SPDX-License-Identifier: MIT
// Products of blocks that lie in the cache as they are, by the tiles of kernels/products. For blocks of a few dozen
// rows, where a general product spends as long on its preparations as on the multiply-adds.

#include <algorithm>
#include <cstddef>

#include "odot/kernels/dot_product_attention/contract.hpp"
#include "odot/kernels/products/panels.hpp"
#include "odot/kernels/products/product.hpp"
#include "odot/kernels/products/tile.hpp"
#include "odot/kernels/simd.hpp"

namespace odot::kernels::detail {

/// C = A B or C += A B. Every element of A B is summed by itself and then added to C, so that a long sum of products
/// rounds once per block, not once per term.
template <class S>
class BlockProduct {
 public:
  template <class T>
  using Rows = TokenArray<T>;

  /// Numbers of memory for products of `rows` rows and `depth` terms or fewer.
  static constexpr std::size_t memory(std::size_t rows, std::size_t depth) { return (rows + depth) * lanes; }
  explicit BlockProduct(S* memory) : memory_(memory) {}

  /// A [rows, depth], B [depth, columns], C [rows, columns]. Nothing is copied but columns that fill no packet.
  void run(const Strided<const S>& a, std::size_t rows, std::size_t depth, const Rows<const S>& b, const Rows<S>& c,
           std::size_t columns, bool add) const {
    const std::size_t whole = columns / lanes * lanes;
    const auto at = [&](std::size_t j) { return Place{c.data + j, c.stride, nullptr, add}; };
    std::size_t j = 0;
    for (; j + 2 * lanes <= whole; j += 2 * lanes) strip<2>(a, rows, depth, b.data + j, b.stride, at(j));
    if (j < whole) strip<1>(a, rows, depth, b.data + j, b.stride, at(j));
    if (whole < columns) last_columns(a, rows, depth, b.data + whole, b.stride, at(whole), columns - whole);
  }

  /// to [columns, padded rows]: `rows` rows of `from`, each a column, then zeros to a whole number of packets.
  static void transpose(const Rows<const S>& from, std::size_t rows, std::size_t columns, S* to, std::size_t padded) {
    for (std::size_t first = 0; first < padded; first += lanes) {
      std::size_t t = 0;
      for (; t + lanes <= columns; t += lanes) {
        simd::Block<S> block;
        for (std::size_t i = 0; i < lanes; ++i)
          block.packet[i] = first + i < rows ? simd::load(from.data + (first + i) * from.stride + t) : simd::all(S{0});
        simd::transpose<S>(block);
        for (std::size_t i = 0; i < lanes; ++i) simd::store(to + (t + i) * padded + first, block.packet[i]);
      }
      for (; t < columns; ++t)
        for (std::size_t i = first; i < first + lanes; ++i)
          to[t * padded + i] = i < rows ? from.data[i * from.stride + t] : S{0};
    }
  }

  /// The rows themselves, or a copy without gaps: many rows far apart would meet in few sets of the cache.
  static Rows<const S> gathered(const Rows<const S>& from, std::size_t rows, std::size_t columns, S* to) {
    if (from.stride == columns || rows <= few_rows) return from;
    for (std::size_t r = 0; r < rows; ++r) std::copy_n(from.data + r * from.stride, columns, to + r * columns);
    return {to, columns};
  }

 private:
  using Place = products::TilePlace<S>;
  static constexpr std::size_t lanes = simd::lanes<S>, few_rows = 32;

  /// Tiles of 6 rows at most: of blocks whose rows are few, more would leave too many over.
  template <std::size_t Packets>
  static void strip(const Strided<const S>& a, std::size_t rows, std::size_t depth, const S* b, std::size_t b_row,
                    const Place& c) {
    std::size_t r = 0;
    const auto down = [&]<std::size_t Count>() {
      products::multiply_tile<Count, Packets>(a.from(r, 0), b, b_row, depth,
                                              {c.data + r * c.row_stride, c.row_stride, nullptr, c.add});
      r += Count;
    };
    while (r + 6 <= rows) down.template operator()<6>();
    if (r + 4 <= rows) down.template operator()<4>();
    if (r + 2 <= rows) down.template operator()<2>();
    if (r < rows) down.template operator()<1>();
  }

  /// Less than a packet of columns: with zeros beside B's, and their sums apart from C.
  void last_columns(const Strided<const S>& a, std::size_t rows, std::size_t depth, const S* b, std::size_t b_row,
                    const Place& c, std::size_t columns) const {
    S* const sums = memory_ + depth * lanes;
    products::pack_panel<lanes>(Strided<const S>{b, 1, b_row}, columns, depth, memory_);
    strip<1>(a, rows, depth, memory_, lanes, {sums, lanes, nullptr, false});
    for (std::size_t r = 0; r < rows; ++r) {
      S* const to = c.data + r * c.row_stride;
      const auto sum = simd::load(sums + r * lanes);
      simd::store_first(to, columns, c.add ? simd::add(simd::load_first(to, columns), sum) : sum);
    }
  }

  S* memory_;
};

}  // namespace odot::kernels::detail
