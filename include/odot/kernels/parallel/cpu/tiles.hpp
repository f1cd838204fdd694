#pragma once
// SPDX-License-Identifier: MIT
// Squares of lanes × lanes elements, for programs that read what lies by columns: it is transposed in registers.

#include <algorithm>
#include <cstddef>
#include <type_traits>

#include "odot/kernels/parallel/cpu/access.hpp"

namespace odot::kernels::detail {

/// Which rows of an array form squares: those that lie `step` apart, `count` of them from each first one on.
struct RowGroups {
  std::size_t count, step;

  constexpr std::size_t groups(std::size_t rows) const { return rows / count; }
  constexpr std::size_t row(std::size_t group, std::size_t index) const {
    return (group / step * count + index) * step + group % step;
  }
};

/// The columns [column, column + columns) of `rows` rows, `step` apart from `row` on. Whole: of lanes columns.
template <class S, bool Whole>
struct Tile {
  static constexpr std::size_t lanes = simd::lanes<S>;

  std::size_t row, step, rows, column, columns, row_length;

  /// Row k of the tile in packet k, of elements that lie by columns: x[k + stride · column].
  ODOT_INLINE simd::Block<S> load_by_columns(const S* x, std::size_t stride) const {
    simd::Block<S> block;
    if (Whole && rows == lanes) {
#pragma GCC unroll 16
      for (std::size_t c = 0; c < lanes; ++c) block.packet[c] = simd::load(x + c * stride);
    } else {
      for (std::size_t c = 0; c < lanes; ++c)
        block.packet[c] = c >= columns    ? simd::all(S{0})
                          : rows == lanes ? simd::load(x + c * stride)
                                          : simd::load_first(x + c * stride, rows);
    }
    simd::transpose<S>(block);
    return block;
  }
  /// body(run, k) for row k.
  template <class Body>
  ODOT_INLINE void each(const Body& body) const {
    for (std::size_t k = 0; k < rows; ++k) {
      const std::size_t at = row + k * step;
      body(PackedRun<S, Whole>{at, column, at * row_length + column, Whole ? lanes : columns}, k);
    }
  }
};

/// program(tile) for tiles that cover the rows of a group, `first` and those after it.
template <class S, class Columns, class Program>
ODOT_INLINE void for_tiles(const RowGroups& groups, std::size_t group, std::size_t first, const Columns& columns,
                           const Program& program) {
  constexpr std::size_t lanes = simd::lanes<S>, whole = Columns::value / lanes * lanes;
  const std::size_t row = groups.row(group, first), rows = (std::min)(lanes, groups.count - first);
  for (std::size_t column = 0; column < whole; column += lanes)
    program(Tile<S, true>{row, groups.step, rows, column, lanes, columns});
  if constexpr (whole < Columns::value)
    program(Tile<S, false>{row, groups.step, rows, whole, Columns::value - whole, columns});
}

}  // namespace odot::kernels::detail
