#pragma once
// SPDX-License-Identifier: MIT
// Stores the sums of a tile in the matrix.

#include <algorithm>
#include <cstddef>

#include "odot/core/config.hpp"
#include "odot/kernels/products/product.hpp"
#include "odot/kernels/products/tile.hpp"
#include "odot/kernels/simd.hpp"

namespace odot::kernels::products {

/// Stores tiles of C, and adds the bias and what C holds where that is wanted.
template <class S>
class TileStore {
  static constexpr std::size_t lanes = simd::lanes<S>;

 public:
  /// `go_on`: C holds the sums of earlier terms; `last`: there are no later ones.
  TileStore(const Product<S>& p, bool go_on, bool last)
      : c_(p.c), bias_(last ? p.bias : nullptr), bias_is_one_(p.bias_by_row == (p.c.column_stride == 1)),
        add_(p.add || go_on) {}

  /// Where a whole tile can be stored directly; nowhere if C is transposed.
  TilePlace<S> place(std::size_t row, std::size_t column) const {
    if (c_.column_stride != 1 || (bias_ && bias_is_one_)) return {};
    return {c_.data + row * c_.row_stride + column, c_.row_stride, bias_ ? bias_ + column : nullptr, add_};
  }

  /// The tile C[row …, column …] of `rows` × `columns` numbers; `sums` has `packets` packets per row.
  void operator()(const S* sums, std::size_t packets, std::size_t row, std::size_t rows, std::size_t column,
                  std::size_t columns) const {
    const std::size_t width = packets * lanes;
    if (c_.column_stride == 1)
      for (std::size_t r = 0; r < rows; ++r)
        store_row(sums + r * width, columns, c_.data + (row + r) * c_.row_stride + column, column, row + r);
    else
      for (std::size_t r = 0; r < rows; r += lanes)
        for (std::size_t j = 0; j < columns; j += lanes)
          store_transposed(sums + r * width + j, width, row + r, (std::min)(lanes, rows - r), column + j,
                           (std::min)(lanes, columns - j));
  }

 private:
  void store_row(const S* sums, std::size_t count, S* to, std::size_t column, std::size_t row) const {
    std::size_t i = 0;
    if (bias_)
      for (; i + lanes <= count; i += lanes) store_packet(simd::load(sums + i), to + i, column + i, row);
    else if (add_)
      for (; i + lanes <= count; i += lanes)
        simd::store(to + i, simd::add(simd::load<S>(to + i), simd::load(sums + i)));
    else
      for (; i + lanes <= count; i += lanes) simd::store(to + i, simd::load(sums + i));
    if (i < count) store_packet(simd::load(sums + i), to + i, column + i, row, count - i);
  }
  void store_transposed(const S* sums, std::size_t width, std::size_t row, std::size_t rows, std::size_t column,
                        std::size_t columns) const {
    simd::Block<S> block;
    for (std::size_t r = 0; r < lanes; ++r) block.packet[r] = r < rows ? simd::load(sums + r * width) : simd::all(S{0});
    simd::transpose<S>(block);
    S* to = c_.data + row + column * c_.column_stride;
    for (std::size_t j = 0; j < columns; ++j, to += c_.column_stride)
      if (rows == lanes) store_packet(block.packet[j], to, row, column + j);
      else store_packet(block.packet[j], to, row, column + j, rows);
  }

  template <class P>
  ODOT_INLINE void store_packet(P v, S* to, std::size_t along, std::size_t across) const {
    if (bias_) v = simd::add(v, bias_is_one_ ? simd::all(bias_[across]) : simd::load(bias_ + along));
    if (add_) v = simd::add(simd::load<S>(to), v);
    simd::store(to, v);
  }
  template <class P>
  ODOT_INLINE void store_packet(P v, S* to, std::size_t along, std::size_t across, std::size_t count) const {
    if (bias_) v = simd::add(v, bias_is_one_ ? simd::all(bias_[across]) : simd::load_first(bias_ + along, count));
    if (add_) v = simd::add(simd::load_first<S>(to, count), v);
    simd::store_first(to, count, v);
  }

  Strided<S> c_;
  const S* bias_;
  bool bias_is_one_;  // one bias for the whole packet; otherwise one for each lane
  bool add_;
};

}  // namespace odot::kernels::products
