#pragma once
// SPDX-License-Identifier: MIT
// What a program of Parallel::each_row is handed on the Cpu.

#include <cstddef>

#include "odot/kernels/parallel/cpu/reductions.hpp"

namespace odot::kernels {

namespace detail {

/// Whether a mask holds in some lane.
template <class Mask>
ODOT_INLINE bool holds(const Mask& mask) {
  return any(mask);
}

/// What a term is for each run of a row that fills few registers.
template <class S, class Columns>
struct KeptRow {
  static constexpr std::size_t lanes = simd::lanes<S>;
  Packed<S> values[(Columns::value + lanes - 1) / lanes];

  template <class Run>
  ODOT_INLINE const Packed<S>& operator()(const Run& run) const {
    return values[run.column / lanes];
  }
};

}  // namespace detail

/// One row of a program of Parallel::each_row: what is done to all of its columns, one thing after the other.
template <class S, class Columns = std::size_t>
class Row {
 public:
  std::size_t index;

  constexpr Row(std::size_t row, const Columns& columns) : index(row), columns_(columns) {}

  /// Of its first element in a row-major array.
  constexpr std::size_t offset() const { return index * columns_; }
  /// A run at the first column, for what is the same for all columns.
  ODOT_INLINE detail::PackedRun<S, true> start() const { return {index, 0, index * columns_, simd::lanes<S>}; }

  /// body(run) for the runs of the row.
  template <class Body>
  ODOT_INLINE void each(const Body& body) const {
    detail::for_all_runs<S>(index, columns_, body);
  }
  /// A function of run that returns term(run), kept in registers where the row is short: for terms that are used
  /// several times.
  template <class Term>
  ODOT_INLINE auto keep(const Term& term) const {
    if constexpr (detail::fill_few_registers<S, Columns>) {
      detail::KeptRow<S, Columns> kept;
      each([&](const auto& run) { kept.values[run.column / simd::lanes<S>] = term(run); });
      return kept;
    } else {
      return term;
    }
  }
  /// Once for the row, where every thread of a Gpu's team would do it.
  template <class Body>
  ODOT_INLINE void once(const Body& body) const {
    body();
  }
  /// Σ term(run), max term(run), min term(run): a number, rounded to S.
  template <class Reduction, class Term>
  ODOT_INLINE S reduce(const Term& term) const {
    if constexpr (detail::are_one_stretch<S, Columns>) {
      return detail::reduced_row<S, Reduction, 1>(index, columns_, term).total(0);
    } else {
      typename Reduction::template total<S> total = Reduction::template identity<typename Reduction::template total<S>>;
      detail::reduce_runs<S, Reduction, 1>(index, columns_, 0, columns_, term, &total);
      return static_cast<S>(total);
    }
  }
  template <class Term>
  ODOT_INLINE S sum(const Term& term) const {
    return reduce<Sum>(term);
  }
  /// Of Terms: their sums as they are added up, in S where the row is short, else in double.
  template <class Term>
  ODOT_INLINE auto joined_sums(const Term& term) const {
    constexpr std::size_t K = detail::terms_of<S, Term>;
    if constexpr (detail::are_one_stretch<S, Columns>) {
      return detail::reduced_row<S, Sum, K>(index, columns_, term).totals();
    } else {
      double totals[K] = {};
      detail::reduce_runs<S, Sum, K>(index, columns_, 0, columns_, term, totals);
      Terms<double, K> sums;
      for (std::size_t k = 0; k < K; ++k) sums[k] = totals[k];
      return sums;
    }
  }
  /// Of Terms: their sums.
  template <class Term>
  ODOT_INLINE auto sums(const Term& term) const {
    constexpr std::size_t K = detail::terms_of<S, Term>;
    double totals[K] = {};
    detail::reduce_runs<S, Sum, K>(index, columns_, 0, columns_, term, totals);
    Terms<S, K> sums;
    for (std::size_t k = 0; k < K; ++k) sums[k] = static_cast<S>(totals[k]);
    return sums;
  }
  template <class Term>
  ODOT_INLINE S largest(const Term& term) const {
    return reduce<Largest>(term);
  }
  /// Whether condition(run), a mask, holds for some element.
  template <class Condition>
  ODOT_INLINE bool any(const Condition& condition) const {
    bool found = false;
    each([&](const auto& run) { found = found || any_of(run, condition(run)); });
    return found;
  }

 private:
  template <class Run, class Mask>
  ODOT_INLINE bool any_of(const Run& run, const Mask& mask) const {
    if constexpr (Run::whole) return detail::holds(mask);
    else return detail::holds(mask && run.columns_before(columns_));
  }

  [[no_unique_address]] Columns columns_;
};

}  // namespace odot::kernels
