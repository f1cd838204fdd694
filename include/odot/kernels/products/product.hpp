#pragma once
// SPDX-License-Identifier: MIT
// What a product of two matrices is made of.

#include <cstddef>

namespace odot::kernels {

/// A matrix in memory: element (i, j) is data[i · row_stride + j · column_stride].
template <class S>
struct Strided {
  S* data;
  std::size_t row_stride, column_stride;

  constexpr Strided from(std::size_t i, std::size_t j) const {
    return {data + i * row_stride + j * column_stride, row_stride, column_stride};
  }
  constexpr Strided transposed() const { return {data, column_stride, row_stride}; }
};

/// A row-major matrix without gaps, [rows, columns].
template <class S>
constexpr Strided<S> row_major(S* data, std::size_t columns) {
  return {data, columns, 1};
}

/// C = A B, C = A B + bias, or C += A B.
/// Shapes  a [rows, terms], b [terms, columns] → c [rows, columns], whose rows or columns are contiguous
template <class S>
struct Product {
  std::size_t rows, columns, terms;
  Strided<const S> a{}, b{};
  Strided<S> c{};            // not the memory of a or b
  const S* bias = nullptr;   // [columns], added to every row; nullptr: none
  bool bias_by_row = false;  // the bias is [rows] instead, added to every column
  bool add = false;          // whether the product is added to what c holds

  /// Cᵀ = Bᵀ Aᵀ
  constexpr Product transposed() const {
    return {columns, rows, terms, b.transposed(), a.transposed(), c.transposed(), bias, !bias_by_row, add};
  }
  /// Some rows and columns of C.
  Product part(std::size_t row, std::size_t row_count, std::size_t column, std::size_t column_count) const {
    return {row_count,
            column_count,
            terms,
            a.from(row, 0),
            b.from(0, column),
            c.from(row, column),
            bias ? bias + (bias_by_row ? row : column) : nullptr,
            bias_by_row,
            add};
  }
  /// The sum of some of the terms, stored in other memory, [rows, columns].
  Product part_of_sum(std::size_t term, std::size_t count, S* sum) const {
    const Strided<S> to = c.column_stride == 1 ? row_major(sum, columns) : row_major(sum, rows).transposed();
    return {rows, columns, count, a.from(0, term), b.from(term, 0), to};
  }
};

}  // namespace odot::kernels
