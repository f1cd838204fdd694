#pragma once
// SPDX-License-Identifier: MIT
// Products of blocks that lie in the cache as they are: no packing, no padding, no memory of their own. For blocks of a few
// dozen rows, where a general product spends as long on its preparations as on the multiply-adds.

#include <algorithm>
#include <cstddef>

#include "odot/kernels/dot_product_attention/contract.hpp"
#include "odot/kernels/eigen.hpp"
#include "odot/kernels/simd.hpp"

namespace odot::kernels::detail {

/// C = A B or C += A B. A's elements are broadcast, B's and C's rows go through registers. Every element of A B is summed
/// by itself and then added to C, so that a long sum of products rounds once a block and not once a term.
template <class S>
struct BlockProduct {
  static constexpr std::size_t lanes = simd::lanes<S>;

  /// Element (r, t) is data[r·row + t·step]: a block, or with row = 1 a transposed one.
  struct Left {
    const S* data;
    std::size_t row, step;
  };
  template <class T>
  using Rows = TokenArray<T>;

  /// A [rows, depth], B [depth, columns], C [rows, columns].
  static void run(const Left& a, std::size_t rows, std::size_t depth, const Rows<const S>& b, const Rows<S>& c,
                  std::size_t columns, bool add) {
    const std::size_t whole = columns / lanes * lanes;
    std::size_t j = 0;
    for (; j + 2 * lanes <= whole; j += 2 * lanes) strip<2>(a, rows, depth, at(b, j), at(c, j), add);
    if (j < whole) strip<1>(a, rows, depth, at(b, j), at(c, j), add);
    if (whole < columns) remainder(a, rows, depth, at(b, whole), at(c, whole), columns - whole, add);
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
  static constexpr std::size_t few_rows = 32;

  template <class T>
  static Rows<T> at(const Rows<T>& rows, std::size_t column) {
    return {rows.data + column, rows.stride};
  }

  template <std::size_t Packets>
  static void strip(const Left& a, std::size_t rows, std::size_t depth, const Rows<const S>& b, const Rows<S>& c,
                    bool add) {
    std::size_t r = 0;
    const auto down = [&]<std::size_t Count>() {
      tile<Count, Packets>({a.data + r * a.row, a.row, a.step}, depth, b, {c.data + r * c.stride, c.stride}, add);
      r += Count;
    };
    while (r + 6 <= rows) down.template operator()<6>();
    if (r + 4 <= rows) down.template operator()<4>();
    if (r + 2 <= rows) down.template operator()<2>();
    if (r < rows) down.template operator()<1>();
  }

  /// Count rows × Packets packets of C in registers, 12 of 16 at most: with 2 of B and 1 of A they leave 1 to spare, without
  /// which compilers load B again for every row.
  template <std::size_t Count, std::size_t Packets>
  static ODOT_INLINE void tile(const Left& a, std::size_t depth, const Rows<const S>& b, const Rows<S>& c, bool add) {
    simd::Packet<S> sums[Count][Packets];
#pragma GCC unroll 6
    for (std::size_t r = 0; r < Count; ++r)
#pragma GCC unroll 6
      for (std::size_t k = 0; k < Packets; ++k) sums[r][k] = simd::all(S{0});
    for (std::size_t t = 0; t < depth; ++t) {
      simd::Packet<S> right[Packets];
#pragma GCC unroll 6
      for (std::size_t k = 0; k < Packets; ++k) right[k] = simd::load(b.data + t * b.stride + k * lanes);
#pragma GCC unroll 6
      for (std::size_t r = 0; r < Count; ++r) {
        const auto left = simd::all(a.data[r * a.row + t * a.step]);
#pragma GCC unroll 6
        for (std::size_t k = 0; k < Packets; ++k) sums[r][k] = simd::multiply_add(left, right[k], sums[r][k]);
      }
    }
#pragma GCC unroll 6
    for (std::size_t r = 0; r < Count; ++r)
#pragma GCC unroll 6
      for (std::size_t k = 0; k < Packets; ++k) {
        S* to = c.data + r * c.stride + k * lanes;
        simd::store(to, add ? simd::add(simd::load(to), sums[r][k]) : sums[r][k]);
      }
  }

  /// Less than a packet of columns.
  static void remainder(const Left& a, std::size_t rows, std::size_t depth, const Rows<const S>& b, const Rows<S>& c,
                        std::size_t columns, bool add) {
    using M = Eigen::Matrix<S, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    const auto index = [](std::size_t i) { return static_cast<Eigen::Index>(i); };
    const Eigen::Map<const M, 0, Eigen::Stride<Eigen::Dynamic, Eigen::Dynamic>> left(a.data, index(rows), index(depth),
                                                                                     {index(a.row), index(a.step)});
    auto out = strided_matrix(c.data, rows, columns, c.stride);
    if (add) out += left.lazyProduct(strided_matrix(b.data, depth, columns, b.stride));
    else out = left.lazyProduct(strided_matrix(b.data, depth, columns, b.stride));
  }
};

}  // namespace odot::kernels::detail
