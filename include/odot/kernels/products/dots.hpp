#pragma once
// SPDX-License-Identifier: MIT
// Products where one side has few rows, for instance a single sample: the larger matrix is read once, where it lies.

#include <algorithm>
#include <cstddef>

#include "odot/kernels/products/product.hpp"
#include "odot/kernels/simd.hpp"

namespace odot::kernels::products {

/// sums[i] += Σ_l rows[i, l], i < Count, rows [Count, lanes].
template <std::size_t Count, class S>
void add_lanes(const S* rows, double* sums) {
  constexpr std::size_t lanes = simd::lanes<S>, some = (std::min)(Count, lanes);
  S added[lanes];
  simd::store(added, simd::lane_sums<some>(rows));
  for (std::size_t i = 0; i < some; ++i) sums[i] += static_cast<double>(added[i]);
  if constexpr (Count > some) add_lanes<Count - some>(rows + some * lanes, sums + some);
}

/// Rows of A and of Bᵀ that are multiplied together: their sums stay in registers.
inline constexpr std::size_t dot_rows = simd::registers >= 32 ? 4 : 2, dot_columns = 4;

/// sums[i · Columns + j] = Σ_k a[i, k] · b[k, j], where both are contiguous along k. Each lane adds up every `lanes`-th
/// term; the sums of stretches are added up in double.
template <std::size_t Rows, std::size_t Columns, class S>
void dots(const Strided<const S>& a, const Strided<const S>& b, std::size_t terms, double* sums) {
  constexpr std::size_t lanes = simd::lanes<S>, count = Rows * Columns, length = 256 * lanes;
  std::fill_n(sums, count, 0.0);
  for (std::size_t first = 0; first < terms; first += length) {
    const std::size_t last = (std::min)(terms, first + length);
    simd::Packet<S> sum[Rows][Columns];
#pragma GCC unroll 16
    for (std::size_t i = 0; i < Rows; ++i)
#pragma GCC unroll 16
      for (std::size_t j = 0; j < Columns; ++j) sum[i][j] = simd::all(S{0});
    const auto add = [&](const auto& load) {
      simd::Packet<S> left[Rows];
#pragma GCC unroll 16
      for (std::size_t i = 0; i < Rows; ++i) left[i] = load(a.data + i * a.row_stride);
#pragma GCC unroll 16
      for (std::size_t j = 0; j < Columns; ++j) {
        const auto right = load(b.data + j * b.column_stride);
#pragma GCC unroll 16
        for (std::size_t i = 0; i < Rows; ++i) sum[i][j] = simd::multiply_add(left[i], right, sum[i][j]);
      }
    };
    std::size_t k = first;
    for (; k + lanes <= last; k += lanes) add([&](const S* from) { return simd::load(from + k); });
    if (k < last) add([&](const S* from) { return simd::load_first(from + k, last - k); });
    alignas(64) S rows[count * lanes];
    for (std::size_t i = 0; i < count; ++i) simd::store(rows + i * lanes, sum[i / Columns][i % Columns]);
    add_lanes<count>(rows, sums);
  }
}

/// C by dots.
template <class S>
void multiply_by_dots(const Product<S>& p) {
  const auto tile = [&]<std::size_t Rows, std::size_t Columns>(std::size_t row, std::size_t column) {
    double sums[Rows * Columns];
    dots<Rows, Columns>(p.a.from(row, 0), p.b.from(0, column), p.terms, sums);
    for (std::size_t i = 0; i < Rows; ++i)
      for (std::size_t j = 0; j < Columns; ++j) {
        S& c = *p.c.from(row + i, column + j).data;
        S sum = static_cast<S>(sums[i * Columns + j]);
        if (p.bias) sum += p.bias[p.bias_by_row ? row + i : column + j];
        c = p.add ? c + sum : sum;
      }
  };
  // For these rows, the columns of B: 8 at a time, then 4, 2, 1 for a single row; otherwise 4, 2, 1.
  const auto across = [&]<std::size_t Rows>(std::size_t row) {
    std::size_t column = 0;
    const auto by = [&]<std::size_t Columns>(const auto& self) -> void {
      for (; column + Columns <= p.columns; column += Columns) tile.template operator()<Rows, Columns>(row, column);
      if constexpr (Columns > 1) self.template operator()<Columns / 2>(self);
    };
    by.template operator()<Rows == 1 ? 2 * dot_columns : dot_columns>(by);
  };
  std::size_t row = 0;
  for (; row + dot_rows <= p.rows; row += dot_rows) across.template operator()<dot_rows>(row);
  for (; row < p.rows; ++row) across.template operator()<1>(row);
}

/// C row by row: c[j] = Σ_k a[k] · b[k, j], where b and c are contiguous along j.
template <class S>
void multiply_rows(const Product<S>& p) {
  constexpr std::size_t lanes = simd::lanes<S>, packets = 8, terms_at_once = 256;
  const auto columns = [&]<std::size_t Packets>(std::size_t row, std::size_t column, std::size_t width) {
    const auto load = [&](const S* from, std::size_t q) {
      return width < lanes ? simd::load_first(from, width) : simd::load(from + q * lanes);
    };
    S* const to = p.c.data + row * p.c.row_stride + column;
    simd::Packet<S> total[Packets];
    for (std::size_t first = 0; first < p.terms || first == 0; first += terms_at_once) {
      simd::Packet<S> sum[Packets];
#pragma GCC unroll 16
      for (std::size_t q = 0; q < Packets; ++q) sum[q] = simd::all(S{0});
      for (std::size_t k = first; k < (std::min)(p.terms, first + terms_at_once); ++k) {
        const auto left = simd::all(p.a.data[row * p.a.row_stride + k * p.a.column_stride]);
        const S* const from = p.b.data + k * p.b.row_stride + column;
#pragma GCC unroll 16
        for (std::size_t q = 0; q < Packets; ++q) sum[q] = simd::multiply_add(left, load(from, q), sum[q]);
      }
#pragma GCC unroll 16
      for (std::size_t q = 0; q < Packets; ++q) total[q] = first == 0 ? sum[q] : simd::add(total[q], sum[q]);
    }
    for (std::size_t q = 0; q < Packets; ++q) {
      auto v = total[q];
      if (p.bias) v = simd::add(v, p.bias_by_row ? simd::all(p.bias[row]) : load(p.bias + column, q));
      if (p.add) v = simd::add(load(to, q), v);
      if (width < lanes) simd::store_first(to, width, v);
      else simd::store(to + q * lanes, v);
    }
  };
  for (std::size_t row = 0; row < p.rows; ++row) {
    std::size_t j = 0;
    for (; j + packets * lanes <= p.columns; j += packets * lanes) columns.template operator()<packets>(row, j, lanes);
    for (; j + lanes <= p.columns; j += lanes) columns.template operator()<1>(row, j, lanes);
    if (j < p.columns) columns.template operator()<1>(row, j, p.columns - j);
  }
}

}  // namespace odot::kernels::products
