#pragma once
// SPDX-License-Identifier: MIT
// Sums of a row's terms, or what else is made of them, in SIMD registers.

#include <algorithm>
#include <cstddef>
#include <limits>
#include <type_traits>
#include <utility>

#include "odot/kernels/parallel/cpu/access.hpp"
#include "odot/kernels/parallel/terms.hpp"

namespace odot::kernels::detail {

/// How many a program has.
template <class S, class Program>
inline constexpr std::size_t terms_of = std::remove_cvref_t<decltype(as_terms(
    with_row(std::declval<const Program&>(), 0)(std::declval<PackedRun<S, true>>())))>::count;

/// Sums, or what else a Reduction makes, of the terms of a number of runs, kept in registers.
template <class S, class Reduction, std::size_t K>
struct Accumulator {
  using Access = PackedAccess<S>;
  using Number = Packed<S>;
  using Total = typename Reduction::template total<S>;

  Number values[K];

  ODOT_INLINE Accumulator() {
#pragma GCC unroll 16
    for (std::size_t k = 0; k < K; ++k) values[k] = Number(Reduction::template identity<S>);
  }
  /// The terms of one run.
  template <class R>
  ODOT_INLINE Accumulator(const R& run, const Terms<Number, K>& terms) {
#pragma GCC unroll 16
    for (std::size_t k = 0; k < K; ++k) {
      values[k] = terms[k];
      if constexpr (!R::whole) {
        const simd::Packet<S> nothing = simd::all(Reduction::template identity<S>);
        values[k] = Access::number(simd::first_of(run.count, Access::packet(terms[k]), nothing));
      }
    }
  }
  template <class R>
  ODOT_INLINE void add(const R& run, const Terms<Number, K>& terms) {
    add(Accumulator(run, terms));
  }
  ODOT_INLINE void add(const Accumulator& other) {
#pragma GCC unroll 16
    for (std::size_t k = 0; k < K; ++k) values[k] = Reduction::combine(values[k], other.values[k]);
  }
  /// The lanes' values combined.
  ODOT_INLINE S total(std::size_t k) const {
    if constexpr (std::is_same_v<Reduction, Sum>) {
      return simd::sum(Access::packet(values[k]));
    } else {
      if (any(values[k] != values[k])) return std::numeric_limits<S>::quiet_NaN();
      if constexpr (std::is_same_v<Reduction, Largest>) return simd::largest(Access::packet(values[k]));
      else return simd::smallest(Access::packet(values[k]));
    }
  }
  ODOT_INLINE Terms<S, K> totals() const {
    if constexpr (std::is_same_v<Reduction, Sum> && K == 2) {
      const auto both = simd::sums<S>(Access::packet(values[0]), Access::packet(values[1]));
      return {{both.first, both.second}};
    } else {
      Terms<S, K> all;
      for (std::size_t k = 0; k < K; ++k) all[k] = total(k);
      return all;
    }
  }
};

/// Registers that are added one after the other in S.
inline constexpr std::size_t register_stretch = 64;

/// The terms of the columns [first, last) of a row, which are no longer than a stretch. The order depends on the number of
/// columns alone.
template <class S, class Reduction, std::size_t K, class Term>
ODOT_INLINE Accumulator<S, Reduction, K> reduced_stretch(std::size_t row, std::size_t columns, std::size_t first,
                                                         std::size_t last, const Term& term) {
  constexpr std::size_t lanes = simd::lanes<S>, side_by_side = 4;
  using Registers = Accumulator<S, Reduction, K>;
  Registers sum;
  std::size_t column = first;
  if (last - first >= 2 * side_by_side * lanes) {  // several sums, so that none waits for the other
    Registers sums[side_by_side];
    for (; column + side_by_side * lanes <= last; column += side_by_side * lanes)
#pragma GCC unroll 4
      for (std::size_t i = 0; i < side_by_side; ++i) {
        const std::size_t at = column + i * lanes;
        const PackedRun<S, true> run{row, at, row * columns + at, lanes};
        sums[i].add(run, as_terms(term(run)));
      }
    sums[0].add(sums[1]);
    sums[2].add(sums[3]);
    sums[0].add(sums[2]);
    sum = sums[0];
  }
  for_runs<S>(row, columns, column, last, [&](const auto& run) { sum.add(run, as_terms(term(run))); });
  return sum;
}

/// totals[k] ∘= the terms of the columns [begin, end) of a row, in stretches.
template <class S, class Reduction, std::size_t K, class Term>
ODOT_INLINE void reduce_runs(std::size_t row, std::size_t columns, std::size_t begin, std::size_t end, const Term& term,
                             typename Reduction::template total<S>* totals) {
  using Total = typename Reduction::template total<S>;
  constexpr std::size_t stretch = register_stretch * simd::lanes<S>;
  for (std::size_t first = begin; first < end; first += stretch) {
    const auto sum = reduced_stretch<S, Reduction, K>(row, columns, first, (std::min)(first + stretch, end), term);
    for (std::size_t k = 0; k < K; ++k) totals[k] = Reduction::combine(totals[k], static_cast<Total>(sum.total(k)));
  }
}

/// Whether rows of this many columns are one stretch, whose sum needs no joining in double.
template <class S, class Columns>
inline constexpr bool are_one_stretch = false;
template <class S, std::size_t N>
inline constexpr bool are_one_stretch<S, std::integral_constant<std::size_t, N>> =
    N > 0 && N <= register_stretch* simd::lanes<S>;

/// The terms of such a row.
template <class S, class Reduction, std::size_t K, class Columns, class Term>
ODOT_INLINE Accumulator<S, Reduction, K> reduced_row(std::size_t row, const Columns& columns, const Term& term) {
  if constexpr (fill_few_registers<S, Columns>) {
    // Each run's terms alone, then in pairs, so that few additions wait for one another.
    constexpr std::size_t lanes = simd::lanes<S>, count = (Columns::value + lanes - 1) / lanes;
    static_assert(count <= 8);
    using Registers = Accumulator<S, Reduction, K>;
    Registers sums[count];
    for_all_runs<S>(row, columns,
                    [&](const auto& run) { sums[run.column / lanes] = Registers(run, as_terms(term(run))); });
#pragma GCC unroll 4
    for (std::size_t i = 4; i < count; ++i) sums[i - 4].add(sums[i]);
    if constexpr (count > 1) sums[0].add(sums[1]);
    if constexpr (count > 3) sums[2].add(sums[3]);
    if constexpr (count > 2) sums[0].add(sums[2]);
    return sums[0];
  } else {
    return reduced_stretch<S, Reduction, K>(row, columns, 0, columns, term);
  }
}

}  // namespace odot::kernels::detail
