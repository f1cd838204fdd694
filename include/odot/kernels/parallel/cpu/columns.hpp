#pragma once
// SPDX-License-Identifier: MIT
// Reductions of columns on the Cpu: registers of columns through stretches of rows.

#include <algorithm>
#include <cstddef>
#include <type_traits>

#include "odot/kernels/parallel/cpu/reductions.hpp"
#include "odot/kernels/parallel/cpu/rows.hpp"

namespace odot::kernels::detail {

/// Whether a program of columns is handed whole rows before.
template <class S, class Columns, class Program>
concept has_rows = requires(const Program& program, const Row<S, Columns>& row) { program.row(row); };

/// Stretches of rows that are added one after the other in S.
inline constexpr std::size_t row_stretch = 64;

/// totals[l] ∘= number l of a register; = where they are the first.
template <class S, class Reduction>
ODOT_INLINE void join_register(bool are_first, typename Reduction::template total<S>* totals,
                               const Packed<S>& numbers) {
  using Access = PackedAccess<S>;
  if constexpr (std::is_same_v<S, typename Reduction::template total<S>>) {
    Access::template store<true>(
        totals, 0, are_first ? numbers : Reduction::combine(Access::template load<true>(totals, 0), numbers));
  } else {
    static_assert(std::is_same_v<Reduction, Sum>);
    simd::add_to(are_first, totals, Access::packet(numbers));
  }
}

/// totals[k · size + c] = the terms of the rows [begin, end), columns first + c, c < size, joined: a few registers of columns at a
/// time, each through a stretch of rows.
template <class S, class Reduction, std::size_t K, std::size_t Wide, class Term>
ODOT_NOINLINE ODOT_FLATTEN void reduce_columns_of(std::size_t columns, std::size_t begin, std::size_t end,
                                                  std::size_t first, std::size_t size, const Term& program,
                                                  typename Reduction::template total<S>* totals) {
  using Total = typename Reduction::template total<S>;
  constexpr std::size_t lanes = simd::lanes<S>;
  const Term term = program;  // of its own: what it holds stays in registers, whatever is stored
  const auto add = [&](bool is_first, std::size_t at, const auto& count, const Accumulator<S, Reduction, K>& sum) {
    for (std::size_t k = 0; k < K; ++k) {
      Total* total = totals + k * size + at;
      if (count == lanes) {
        join_register<S, Reduction>(is_first, total, sum.values[k]);
      } else {
        alignas(64) S values[lanes];
        simd::store(values, PackedAccess<S>::packet(sum.values[k]));
        for (std::size_t l = 0; l < count; ++l) {
          const auto value = static_cast<Total>(values[l]);
          total[l] = is_first ? value : Reduction::combine(total[l], value);
        }
      }
    }
  };
  for (std::size_t from = begin; from < end; from += row_stretch) {
    const std::size_t to = (std::min)(from + row_stretch, end);
    std::size_t at = 0;
    for (; at + Wide * lanes <= size; at += Wide * lanes) {
      Accumulator<S, Reduction, K> sums[Wide];
      for (std::size_t row = from; row < to; ++row) {
        const auto term_of_row = with_row(term, row);
#pragma GCC unroll 8
        for (std::size_t i = 0; i < Wide; ++i) {
          const std::size_t column = first + at + i * lanes;
          const PackedRun<S, true> run{row, column, row * columns + column, lanes};
          sums[i].add(run, as_terms(term_of_row(run)));
        }
      }
#pragma GCC unroll 8
      for (std::size_t i = 0; i < Wide; ++i)
        add(from == begin, at + i * lanes, std::integral_constant<std::size_t, lanes>(), sums[i]);
    }
    for (; at < size; at += lanes) {
      Accumulator<S, Reduction, K> sum;
      const std::size_t column = first + at;
      if (size - at >= lanes) {
        for (std::size_t row = from; row < to; ++row) {
          const PackedRun<S, true> run{row, column, row * columns + column, lanes};
          sum.add(run, as_terms(with_row(term, row)(run)));
        }
        add(from == begin, at, std::integral_constant<std::size_t, lanes>(), sum);
      } else {
        for (std::size_t row = from; row < to; ++row) {
          const PackedRun<S, lanes == 1> run{row, column, row * columns + column, size - at};
          sum.add(run, as_terms(with_row(term, row)(run)));
        }
        add(from == begin, at, size - at, sum);
      }
    }
  }
}

/// The same for all columns, with program.row: row after row, while the row is in the first-level cache. The sums of a
/// stretch are in `sums`, K · columns numbers.
template <class S, class Reduction, std::size_t K, class Columns, class Program>
void reduce_columns_by_rows(const Columns& columns, std::size_t begin, std::size_t end, const Program& program, S* sums,
                            typename Reduction::template total<S>* totals) {
  using Total = typename Reduction::template total<S>;
  for (std::size_t from = begin; from < end; from += row_stretch) {
    std::fill_n(sums, K * columns, Reduction::template identity<S>);
    for (std::size_t row = from; row < (std::min)(from + row_stretch, end); ++row) {
      const auto term = with_row(program, row);
      for_runs<S>(row, columns, 0, columns, [&](const auto& run) {
        const Terms<Packed<S>, K> terms = as_terms(term(run));
        for (std::size_t k = 0; k < K; ++k) {
          S* sum = sums + k * columns + run.column;
          run.store_to(sum, Reduction::combine(run.load_from(sum), terms[k]));
        }
      });
      program.row(Row<S, Columns>(row, columns));
    }
    for (std::size_t i = 0; i < K * columns; ++i)
      totals[i] = Reduction::combine(totals[i], static_cast<Total>(sums[i]));
  }
}

}  // namespace odot::kernels::detail
