#pragma once
// SPDX-License-Identifier: MIT
// The building blocks of dot-product attention on the GPU: tiles in the team's memory, filled by coalesced loads, and
// products of tiles, in which each item holds a few rows and columns in registers.
//
// Everything is done in quads, four numbers that are loaded at once. In the products over features, 12 quads are loaded
// for 128 multiply-adds; in the products over tokens, 8 quads for 64. Tiles are full: numbers beyond a row's or a
// block's end are 0, so that the inner loops have constant lengths.

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "odot/core/config.hpp"

namespace odot::kernels::detail {

inline constexpr unsigned gpu_block = 64;     // tokens of a block: rows of a tile
inline constexpr unsigned gpu_features = 32;  // staged at a time for queries and keys: half of a tile's columns

/// Neighbouring numbers, in registers or memory.
template <class S>
struct alignas(16) Quad {
  S at[4];
};

/// 64 × 64 numbers in the team's memory. Quad c of row r lies at c ^ (r / 4) % 8 in its row, so that one column's quads
/// of every fourth row lie in different banks.
template <class S>
struct GpuTile {
  static constexpr unsigned quads = gpu_block / 4;  // of a row

  /// A column's quads in eight rows from a multiple of 8 on. The addresses of each four of them differ by constants.
  template <class T>
  struct Column {
    T *upper, *lower;  // of the first four rows, and of the next ones
    ODOT_HOST_DEVICE T& operator[](unsigned r) const { return r < 4 ? upper[r * quads] : lower[(r - 4) * quads]; }
  };

  ODOT_HOST_DEVICE Quad<S>& operator()(unsigned row, unsigned quad) { return memory[place(row, quad)]; }
  ODOT_HOST_DEVICE const Quad<S>& operator()(unsigned row, unsigned quad) const { return memory[place(row, quad)]; }
  ODOT_HOST_DEVICE Column<Quad<S>> column(unsigned row, unsigned quad) {
    return {&memory[place(row, quad)], &memory[place(row + 4, quad)]};
  }
  ODOT_HOST_DEVICE Column<const Quad<S>> column(unsigned row, unsigned quad) const {
    return {&memory[place(row, quad)], &memory[place(row + 4, quad)]};
  }

  Quad<S> memory[gpu_block * quads];

 private:
  static ODOT_HOST_DEVICE unsigned place(unsigned row, unsigned quad) { return row * quads + (quad ^ row / 4 % 8); }
};

/// Some features of a block's tokens in device memory.
template <class S>
struct GpuRows {
  using Numbers = Quad<std::remove_const_t<S>>;
  S* data;
  std::size_t stride;
  unsigned rows, features;
  bool aligned;  // rows begin where a quad may

  ODOT_HOST_DEVICE GpuRows(S* first, std::size_t step, unsigned tokens, unsigned columns)
      : data(first), stride(step), rows(tokens), features(columns),
        aligned((reinterpret_cast<std::uintptr_t>(first) | step * sizeof(S)) % alignof(Numbers) == 0) {}

  ODOT_HOST_DEVICE unsigned quads() const { return (features + 3) / 4; }

  /// Quad c of a row; 0 beyond the rows and features.
  ODOT_HOST_DEVICE Numbers load(unsigned row, unsigned c) const {
    return row < rows && 4 * c < features ? load(data + row * stride + 4 * c, features - 4 * c) : Numbers{};
  }
  /// body(r, quad), which may change it, for quad c of row + r, r < 4. The quad is 0 at first unless it is `read`.
  template <class Body>
  ODOT_HOST_DEVICE void update(unsigned row, unsigned c, bool read, const Body& body) const {
    S* at = data + row * stride + 4 * c;
    const unsigned left = features - 4 * c;
    ODOT_UNROLL
    for (unsigned r = 0; r < 4; ++r, at += stride) {
      if (row + r >= rows) return;
      Numbers quad{};
      if (read) quad = load(at, left);
      body(r, quad);
      store(at, left, quad);
    }
  }

 private:
  /// At most four of `left` numbers.
  ODOT_HOST_DEVICE Numbers load(const S* from, unsigned left) const {
    if (aligned && left >= 4) return *reinterpret_cast<const Numbers*>(from);
    Numbers quad{};
    ODOT_UNROLL
    for (unsigned t = 0; t < 4; ++t)
      if (t < left) quad.at[t] = from[t];
    return quad;
  }
  ODOT_HOST_DEVICE void store(S* to, unsigned left, const Numbers& quad) const {
    if (aligned && left >= 4) {
      *reinterpret_cast<Numbers*>(to) = quad;
      return;
    }
    ODOT_UNROLL
    for (unsigned t = 0; t < 4; ++t)
      if (t < left) to[t] = quad.at[t];
  }
};

/// Fills a tile's left half from one array and its right half from another. Neighbours read neighbouring quads.
template <class Team, class S>
ODOT_HOST_DEVICE void stage(const Team& team, const GpuRows<const S>& left, const GpuRows<const S>& right,
                            GpuTile<S>& tile) {
  constexpr unsigned half = GpuTile<S>::quads / 2;
  team.each(gpu_block * half, [&](std::size_t i) {
    const unsigned row = static_cast<unsigned>(i) / half, c = static_cast<unsigned>(i) % half;
    const Quad<S> a = left.load(row, c), b = right.load(row, c);
    tile(row, c) = a;
    tile(row, half + c) = b;
  });
}

/// sums_rj += Σ_c left_rc right_jc over `quads` quads of features, a multiple of 4: the left half's eight rows r from
/// `row` on, and the right half's four rows j from 4 · `columns` on.
template <class S>
ODOT_HOST_DEVICE void add_dot_products(const GpuTile<S>& staged, unsigned quads, unsigned row, unsigned columns,
                                       Quad<S> (&sums)[8]) {
  constexpr unsigned quads_per_row = GpuTile<S>::quads, half = quads_per_row / 2;
  for (unsigned stretch = 0; stretch < quads; stretch += 4) {
    ODOT_UNROLL
    for (unsigned t = 0; t < 4; ++t) {
      const Quad<S>* right = &staged(4 * columns, half + stretch + t);
      const auto left = staged.column(row, stretch + t);
      Quad<S> keys[4];
      ODOT_UNROLL
      for (unsigned j = 0; j < 4; ++j) keys[j] = right[j * quads_per_row];
      ODOT_UNROLL
      for (unsigned r = 0; r < 8; ++r) {
        const Quad<S> query = left[r];
        ODOT_UNROLL
        for (unsigned j = 0; j < 4; ++j) {
          ODOT_UNROLL
          for (unsigned c = 0; c < 4; ++c) sums[r].at[j] += query.at[c] * keys[j].at[c];
        }
      }
    }
  }
}

/// sums_rc += Σ_j weights_rj staged_jc over `count` tokens j, a multiple of 16: four rows r from `row` on, and the
/// columns c of quad `columns`.
template <class S>
ODOT_HOST_DEVICE void add_weighted_rows(const GpuTile<S>& weights, const GpuTile<S>& staged, unsigned count,
                                        unsigned row, unsigned columns, Quad<S> (&sums)[4]) {
  for (unsigned stretch = 0; stretch < count; stretch += 16) {
    ODOT_UNROLL
    for (unsigned t = 0; t < 4; ++t) {
      const Quad<S>*from = &staged(stretch + 4 * t, columns), *factors = &weights(row, stretch / 4 + t);
      Quad<S> rows[4];
      ODOT_UNROLL
      for (unsigned j = 0; j < 4; ++j) rows[j] = from[j * GpuTile<S>::quads];
      ODOT_UNROLL
      for (unsigned r = 0; r < 4; ++r) {
        const Quad<S> weight = factors[r * GpuTile<S>::quads];
        ODOT_UNROLL
        for (unsigned j = 0; j < 4; ++j) {
          ODOT_UNROLL
          for (unsigned c = 0; c < 4; ++c) sums[r].at[c] += weight.at[j] * rows[j].at[c];
        }
      }
    }
  }
}

/// sums_jc += Σ_i weights_ij staged_ic over the tokens i from `begin` to `end`, multiples of 8: the columns j of quad
/// `row` of the weights, and the columns c of quad `columns`.
template <class S>
ODOT_HOST_DEVICE void add_weighted_columns(const GpuTile<S>& weights, const GpuTile<S>& staged, unsigned begin,
                                           unsigned end, unsigned row, unsigned columns, Quad<S> (&sums)[4]) {
  for (unsigned stretch = begin; stretch < end; stretch += 8) {
    const auto factors = weights.column(stretch, row), from = staged.column(stretch, columns);
    ODOT_UNROLL
    for (unsigned i = 0; i < 8; ++i) {
      const Quad<S> weight = factors[i], token = from[i];
      ODOT_UNROLL
      for (unsigned j = 0; j < 4; ++j) {
        ODOT_UNROLL
        for (unsigned c = 0; c < 4; ++c) sums[j].at[c] += weight.at[j] * token.at[c];
      }
    }
  }
}

}  // namespace odot::kernels::detail
