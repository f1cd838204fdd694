#pragma once
// SPDX-License-Identifier: MIT
// Chooses the way to compute a product by expected costs.

#include <algorithm>
#include <cstddef>

#include "odot/kernels/products/block.hpp"
#include "odot/kernels/products/dots.hpp"
#include "odot/kernels/products/product.hpp"

namespace odot::kernels::products {

/// Expected costs; the unit is one multiply-add of one number.
template <class S>
struct Costs {
  static constexpr double packet = 2 * static_cast<double>(simd::lanes<S>);  // two packets per cycle
  static constexpr double copy = 2 * packet / static_cast<double>(simd::lanes<S>);
  static constexpr double transposition =
      7 * packet / static_cast<double>(simd::lanes<S>);  // copy and transpose in registers
  static constexpr double sum = 4 * packet;              // of a packet's numbers

  static constexpr double rounded(std::size_t a, std::size_t unit) {
    return static_cast<double>(ceil_divide(a, unit) * unit);
  }

  static constexpr double blocks(const Product<S>& p) {
    const Blocks<S> cut(p);
    const auto terms = static_cast<double>(p.terms);
    const double rows = rounded(p.rows, (std::max)(tile_rows / 6, std::size_t{1})),
                 columns = rounded(p.columns, simd::lanes<S>);
    double cost = rows * columns * terms;
    // A tile of few rows waits for its own sums: it takes eight packets to keep the processor busy.
    if (p.rows < 4) cost *= 4 / static_cast<double>(p.rows);
    if (cut.pack_a) cost += rows * terms * copy;
    if (cut.pack_b || p.b.column_stride != 1) cost += columns * terms * (p.b.column_stride == 1 ? copy : transposition);
    return cost + rows * columns * (p.c.column_stride == 1 ? 1.5 * copy : transposition);
  }
  static constexpr double dots(const Product<S>& p) {
    const auto products = static_cast<double>(p.rows * p.columns);
    return products * static_cast<double>(ceil_divide(p.terms, simd::lanes<S>) * simd::lanes<S>) * 1.3 + products * sum;
  }
  static constexpr double rows(const Product<S>& p) {
    return static_cast<double>(p.rows * p.terms) * rounded(p.columns, simd::lanes<S>) * 1.5;
  }
};

/// A way to compute a product: transposed or not, by tiles, by dots or row by row.
enum class Way { tiles, transposed_tiles, dots, transposed_dots, rows, transposed_rows };

template <class S>
constexpr Way shortest_way(const Product<S>& p) {
  using C = Costs<S>;
  const bool along_terms = p.a.column_stride == 1 && p.b.row_stride == 1;
  if (along_terms && p.rows == 1 && p.terms >= 4 * simd::lanes<S>) return Way::dots;  // the costs agree
  const Product<S> transposed = p.transposed();
  Way way = Way::tiles;
  double least = C::blocks(p);
  const auto offer = [&](Way other, bool possible, double cost) {
    if (possible && cost < least) {
      least = cost;
      way = other;
    }
  };
  offer(Way::transposed_tiles, true, C::blocks(transposed));
  // The side with fewer rows stays in the cache while the other one is read once; but a single row is multiplied by
  // several rows of the other side at a time.
  const bool transposed_dots = p.columns == 1 ? p.rows > 1 : p.rows > 1 && p.rows < p.columns;
  offer(transposed_dots ? Way::transposed_dots : Way::dots, along_terms, C::dots(p));
  offer(Way::rows, p.rows == 1 && p.b.column_stride == 1 && p.c.column_stride == 1, C::rows(p));
  offer(Way::transposed_rows,
        transposed.rows == 1 && transposed.b.column_stride == 1 && transposed.c.column_stride == 1,
        C::rows(transposed));
  return way;
}

constexpr bool is_transposed(Way way) {
  return way == Way::transposed_tiles || way == Way::transposed_dots || way == Way::transposed_rows;
}
constexpr bool by_tiles(Way way) { return way == Way::tiles || way == Way::transposed_tiles; }

/// A product and the way to compute it, transposed if the way requires it.
template <class S>
struct PlannedProduct {
  Way way;
  Product<S> product;
  std::size_t longest_block;

  explicit constexpr PlannedProduct(const Product<S>& p)
      : way(shortest_way(p)), product(is_transposed(way) ? p.transposed() : p),
        longest_block(products::longest_block(product)) {}
};

}  // namespace odot::kernels::products
