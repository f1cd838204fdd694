#pragma once
// SPDX-License-Identifier: MIT
// The only product of matrices on the CPU: any extents and strides; the way to compute it is chosen at run time.

#include <algorithm>
#include <cstddef>

#include "odot/core/parallel.hpp"
#include "odot/core/workspace.hpp"
#include "odot/kernels/compensated.hpp"
#include "odot/kernels/products/blas.hpp"
#include "odot/kernels/products/block.hpp"
#include "odot/kernels/products/choose.hpp"
#include "odot/kernels/products/product.hpp"

namespace odot::kernels {
namespace products {

/// Longer sums are cut into stretches of this length, whose sums are added with compensation.
inline constexpr std::size_t long_sum_terms = 1 << 14;

/// Numbers of memory that one thread needs for a product.
template <class S>
constexpr std::size_t memory(const PlannedProduct<S>& planned) {
  const Product<S>& p = planned.product;
  const std::size_t sums = p.terms > long_sum_terms ? 3 * p.rows * p.columns : 0;
  const std::size_t numbers = sums + (by_tiles(planned.way) && p.terms > 0 ? block_memory(p) : 0);
  constexpr std::size_t line = 64 / sizeof(S);  // so that every thread's memory begins at a cache line
  return ceil_divide(numbers, line) * line;
}

template <class S>
void multiply_short(const PlannedProduct<S>& planned, const Product<S>& p, S* memory) {
  switch (planned.way) {
    case Way::tiles:
    case Way::transposed_tiles:
      if (multiply_by_blas(p)) return;
      return multiply_blocks(p, planned.longest_block, memory);
    case Way::dots:
    case Way::transposed_dots:
      return multiply_by_dots(p);
    case Way::rows:
    case Way::transposed_rows:
      return multiply_rows(p);
  }
}

/// Stores elements [begin, end) of C, from an array of sums in C's order; nullptr: the sums are 0.
template <class S>
void store_sums(const Product<S>& p, const S* sums, std::size_t begin, std::size_t end) {
  const bool by_rows = p.c.column_stride == 1;
  const std::size_t length = by_rows ? p.columns : p.rows;
  for (std::size_t n = begin; n < end; ++n) {
    const std::size_t i = by_rows ? n / length : n % length, j = by_rows ? n % length : n / length;
    S& c = *p.c.from(i, j).data;
    S sum = sums ? sums[n] : S{0};
    if (p.bias) sum += p.bias[p.bias_by_row ? i : j];
    c = p.add ? c + sum : sum;
  }
}

/// The product by one thread.
template <class S>
void multiply_alone(const PlannedProduct<S>& planned, S* memory) {
  const Product<S>& p = planned.product;
  const std::size_t size = p.rows * p.columns;
  if (p.terms == 0) return store_sums<S>(p, nullptr, 0, size);
  if (p.terms <= long_sum_terms) return multiply_short(planned, p, memory);
  S *const part = memory, *const total = part + size, *const lost = total + size;
  std::fill_n(total, 2 * size, S{0});
  for (std::size_t term = 0; term < p.terms; term += long_sum_terms) {
    multiply_short(planned, p.part_of_sum(term, (std::min)(long_sum_terms, p.terms - term), part), lost + size);
    for (std::size_t n = 0; n < size; ++n) add_compensated(total[n], lost[n], part[n]);
  }
  store_sums(p, total, 0, size);
}

inline constexpr double work_for_threads = 1 << 17;  // multiply-adds; below this, one thread is quicker

/// C = Σ parts, or C += Σ parts: the parts of each number are added in double, in their order.
template <class S>
void add_parts(int threads, const Product<S>& p, S* parts, std::size_t count) {
  const std::size_t size = p.rows * p.columns;
  const Chunks pieces(size, std::size_t{1} << 12);
  parallel_for(threads, pieces.count(), [&](std::size_t piece, std::size_t) {
    for (std::size_t n = pieces.begin(piece); n < pieces.end(piece); ++n) {
      double sum = 0;
      for (std::size_t part = 0; part < count; ++part) sum += static_cast<double>(parts[part * size + n]);
      parts[n] = static_cast<S>(sum);
    }
    store_sums(p, parts, pieces.begin(piece), pieces.end(piece));
  });
}

/// The number of parts into which the terms are divided where C is small and its sums are long; each thread takes some
/// parts. It follows from the product alone.
template <class S>
std::size_t parts_of_terms(const Product<S>& p) {
  constexpr std::size_t least = 2048, most = 16, numbers = 1 << 15;
  return p.rows * p.columns > numbers ? 1 : (std::min)(p.terms / least, most);
}

/// The threads' shares of C: a grid of rows × columns shares, in whole tiles.
struct Shares {
  std::size_t rows = 1, columns = 1;

  /// Cuts C so that the largest share is as small as possible, about one share per thread.
  Shares(std::size_t threads, std::size_t row_tiles, std::size_t panels) {
    std::size_t least = row_tiles * panels;
    for (std::size_t r = 1; r <= (std::min)(threads, row_tiles); ++r) {
      const std::size_t c = (std::min)(ceil_divide(threads, r), panels);
      const std::size_t largest = ceil_divide(row_tiles, r) * ceil_divide(panels, c) * ceil_divide(r * c, threads);
      if (largest < least) {
        least = largest;
        rows = r;
        columns = c;
      }
    }
  }
};

}  // namespace products

/// The product, by the threads of the workspace: the same bits on any number of them. The rounding error of a sum in S
/// is that of 512 terms, whatever its length.
template <class S>
void multiply(Workspace<Cpu>& workspace, const Product<S>& product) {
  using namespace products;
  if (product.rows == 0 || product.columns == 0) return;
  auto frame = workspace.frame();
  const double work =
      static_cast<double>(product.rows) * static_cast<double>(product.columns) * static_cast<double>(product.terms);
  const int team = work < work_for_threads ? 1 : workspace.threads();
  const auto threads = static_cast<std::size_t>(team);
  if (const std::size_t parts = parts_of_terms(product); parts > 1) {
    const Chunks terms = Chunks::at_most(parts, product.terms);
    const std::size_t size = product.rows * product.columns;
    S* const sums = frame.template take<S>(terms.count() * size);
    const auto part = [&](std::size_t c) {
      return PlannedProduct<S>(product.part_of_sum(terms.begin(c), terms.size(c), sums + c * size));
    };
    const std::size_t needed = (std::max)(memory(part(0)), memory(part(terms.count() - 1)));
    S* const scratch = frame.template take<S>((std::min)(threads, terms.count()) * needed);
    parallel_for(team, terms.count(),
                 [&](std::size_t c, std::size_t worker) { multiply_alone(part(c), scratch + worker * needed); });
    return add_parts(team, product, sums, terms.count());
  }
  const PlannedProduct<S> whole(product);
  const Product<S>& p = whole.product;
  const bool by_blas = has_blas<S> && by_tiles(whole.way) && work >= work_for_threads;
  if (!by_blas && team == 1) return multiply_alone(whole, frame.template take<S>(memory(whole)));
  const std::size_t row_unit = by_tiles(whole.way) ? tile_rows : 1, column_unit = tile_columns<S>;
  const Shares shares(by_blas ? blas_shares : threads, ceil_divide(p.rows, row_unit),
                      ceil_divide(p.columns, column_unit));
  const Chunks rows = Chunks::at_most(shares.rows, p.rows, row_unit),
               columns = Chunks::at_most(shares.columns, p.columns, column_unit);
  const auto share = [&](std::size_t n) {
    const std::size_t r = n % rows.count(), c = n / rows.count();
    PlannedProduct<S> some = whole;
    some.product = p.part(rows.begin(r), rows.size(r), columns.begin(c), columns.size(c));
    return some;
  };
  const std::size_t count = rows.count() * columns.count();
  std::size_t needed = 0;
  for (std::size_t n = 0; n < count; ++n) needed = (std::max)(needed, memory(share(n)));
  S* const scratch = frame.template take<S>((std::min)(threads, count) * needed);
  parallel_for(team, count,
               [&](std::size_t n, std::size_t worker) { multiply_alone(share(n), scratch + worker * needed); });
}

#if ODOT_HAS_LIBRARY
namespace products {
ODOT_INSTANTIATION template void multiply_alone(const PlannedProduct<float>&, float*);
ODOT_INSTANTIATION template void multiply_alone(const PlannedProduct<double>&, double*);
}  // namespace products
ODOT_INSTANTIATION template void multiply(Workspace<Cpu>&, const Product<float>&);
ODOT_INSTANTIATION template void multiply(Workspace<Cpu>&, const Product<double>&);
#endif

/// sum[j] += Σ_n rows[n, j], rows [count, columns].
template <class S>
void add_rows(Workspace<Cpu>& workspace, std::size_t count, std::size_t columns, const S* rows, S* sum) {
  const S one{1};
  multiply<S>(workspace, {.rows = 1,
                          .columns = columns,
                          .terms = count,
                          .a = {&one, 0, 0},
                          .b = row_major(rows, columns),
                          .c = row_major(sum, columns),
                          .add = true});
}

}  // namespace odot::kernels
