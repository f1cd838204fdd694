#pragma once
// SPDX-License-Identifier: MIT
// What a program of Parallel::each_row is handed on the Gpu: a row that a thread, a warp or a team goes through.

#include <cstddef>

#include "odot/kernels/gpu/team.hpp"
#include "odot/kernels/parallel/gpu/reductions.hpp"

namespace odot::kernels::gpu {

/// The base of the rows below. Their function reduce_terms<Reduction, T>(term) returns Terms, computed in T, by
/// default S.
template <class S, class Row>
struct RowReductions {
  template <class Reduction, class Term>
  ODOT_HOST_DEVICE S reduce(const Term& term) const {
    return static_cast<const Row&>(*this).template reduce_terms<Reduction>(term)[0];
  }
  template <class Term>
  ODOT_HOST_DEVICE S sum(const Term& term) const {
    return reduce<Sum>(term);
  }
  template <class Term>
  ODOT_HOST_DEVICE auto joined_sums(const Term& term) const {
    return static_cast<const Row&>(*this).template reduce_terms<Sum, double>(term);
  }
  template <class Term>
  ODOT_HOST_DEVICE auto sums(const Term& term) const {
    return static_cast<const Row&>(*this).template reduce_terms<Sum>(term);
  }
  template <class Term>
  ODOT_HOST_DEVICE S largest(const Term& term) const {
    return reduce<Largest>(term);
  }
  /// For terms that are used several times; a thread computes them again each time.
  template <class Term>
  ODOT_HOST_DEVICE const Term& keep(const Term& term) const {
    return term;
  }
};

/// A row that one thread goes through.
template <class S, class Columns = std::size_t>
struct ThreadRow : RowReductions<S, ThreadRow<S, Columns>> {
  std::size_t index;
  Columns columns;

  ODOT_HOST_DEVICE ThreadRow(std::size_t row, const Columns& number) : index(row), columns(number) {}

  ODOT_HOST_DEVICE std::size_t offset() const { return index * columns; }
  ODOT_HOST_DEVICE LaneRun<S, 1, true> start() const { return run_of_one<S>(index, columns, 0); }
  template <class Body>
  ODOT_HOST_DEVICE void each(const Body& body) const {
    for (std::size_t column = 0; column < columns; ++column) body(run_of_one<S>(index, columns, column));
  }
  template <class Body>
  ODOT_HOST_DEVICE void once(const Body& body) const {
    body();
  }
  template <class Reduction, class T = S, class Term>
  ODOT_HOST_DEVICE auto reduce_terms(const Term& term) const {
    auto totals = detail::nothing<Reduction, T, terms_of_row<S, Term>>();
    for (std::size_t column = 0; column < columns; ++column)
      totals =
          detail::CombineTerms<Reduction>()(totals, detail::totals_of<T>(term(run_of_one<S>(index, columns, column))));
    return totals;
  }
  template <class Condition>
  ODOT_HOST_DEVICE bool any(const Condition& condition) const {
    bool found = false;
    for (std::size_t column = 0; column < columns && !found; ++column)
      found = condition(run_of_one<S>(index, columns, column)).values[0];
    return found;
  }
};

/// A row that the 32 threads of a warp go through; on the host it is one thread, which takes some rows from their end.
template <class S>
struct WarpRow : RowReductions<S, WarpRow<S>> {
  static constexpr unsigned threads = 32;
  std::size_t index, columns;
  unsigned lane;

  ODOT_HOST_DEVICE WarpRow(std::size_t row, std::size_t number, unsigned thread)
      : index(row), columns(number), lane(thread) {}

  ODOT_HOST_DEVICE std::size_t offset() const { return index * columns; }
  ODOT_HOST_DEVICE LaneRun<S, 1, true> start() const { return run_of_one<S>(index, columns, 0); }

  template <class Body>
  ODOT_HOST_DEVICE void each(const Body& body) const {
#ifdef __CUDA_ARCH__
    for (std::size_t column = lane; column < columns; column += threads) body(run_of_one<S>(index, columns, column));
    __syncwarp();
#else
    for (std::size_t i = 0; i < columns; ++i) body(run_of_one<S>(index, columns, index % 2 ? columns - 1 - i : i));
#endif
  }
  template <class Body>
  ODOT_HOST_DEVICE void once(const Body& body) const {
#ifdef __CUDA_ARCH__
    if (lane == 0) body();
    __syncwarp();
#else
    body();
#endif
  }
  template <class Reduction, class T = S, class Term>
  ODOT_HOST_DEVICE auto reduce_terms(const Term& term) const {
    constexpr std::size_t K = terms_of_row<S, Term>;
    const detail::CombineTerms<Reduction> combine;
    const auto at = [&](std::size_t column) {
      return detail::totals_of<T>(term(run_of_one<S>(index, columns, column)));
    };
#ifdef __CUDA_ARCH__
    auto totals = detail::nothing<Reduction, T, K>();
    for (std::size_t column = lane; column < columns; column += threads) totals = combine(totals, at(column));
    ODOT_UNROLL
    for (unsigned distance = threads / 2; distance > 0; distance /= 2) {
      Terms<T, K> others;
      ODOT_UNROLL
      for (std::size_t k = 0; k < K; ++k) others[k] = __shfl_xor_sync(0xffffffffu, totals[k], distance);
      totals = combine(totals, others);
    }
    return totals;
#else
    Terms<T, K> parts[threads];
    for (unsigned l = 0; l < threads; ++l) parts[l] = detail::nothing<Reduction, T, K>();
    for (std::size_t column = 0; column < columns; ++column)
      parts[column % threads] = combine(parts[column % threads], at(column));
    for (unsigned distance = threads / 2; distance > 0; distance /= 2)
      for (unsigned l = 0; l < distance; ++l) parts[l] = combine(parts[l], parts[l + distance]);
    return parts[0];
#endif
  }
  template <class Condition>
  ODOT_HOST_DEVICE bool any(const Condition& condition) const {
    bool found = false;
#ifdef __CUDA_ARCH__
    for (std::size_t column = lane; column < columns; column += threads)
      found = found || condition(run_of_one<S>(index, columns, column)).values[0];
    return __any_sync(0xffffffffu, found);
#else
    for (std::size_t column = 0; column < columns && !found; ++column)
      found = condition(run_of_one<S>(index, columns, column)).values[0];
    return found;
#endif
  }
};

/// A row that a team goes through. Reductions store their results in two places alternately: a thread may still read
/// one while others fill the other.
template <class S, class Team>
struct TeamRow : RowReductions<S, TeamRow<S, Team>> {
  struct Memory {
    double parts[2][team_parts];
  };
  std::size_t index, columns;
  const Team& team;
  Memory& memory;
  mutable unsigned turn = 0;

  ODOT_HOST_DEVICE TeamRow(std::size_t row, std::size_t number, const Team& threads, Memory& shared)
      : index(row), columns(number), team(threads), memory(shared) {}

  ODOT_HOST_DEVICE std::size_t offset() const { return index * columns; }
  ODOT_HOST_DEVICE LaneRun<S, 1, true> start() const { return run_of_one<S>(index, columns, 0); }
  template <class Body>
  ODOT_HOST_DEVICE void each(const Body& body) const {
    team.each(columns, [&](std::size_t column) { body(run_of_one<S>(index, columns, column)); });
  }
  template <class Body>
  ODOT_HOST_DEVICE void once(const Body& body) const {
    team.each(1, [&](std::size_t) { body(); });
  }
  template <class Reduction, class T = S, class Term>
  ODOT_HOST_DEVICE auto reduce_terms(const Term& term) const {
    constexpr std::size_t K = terms_of_row<S, Term>;
    Terms<T, K> totals;
    ODOT_UNROLL
    for (std::size_t k = 0; k < K; ++k) {
      double* parts = memory.parts[turn];
      turn = 1 - turn;
      reduce_all(
          team, columns, Reduction::template identity<double>,
          [&](std::size_t column) {
            return static_cast<double>(detail::totals_of<S>(term(run_of_one<S>(index, columns, column)))[k]);
          },
          [](double a, double b) { return Reduction::combine(a, b); }, parts);
      totals[k] = static_cast<T>(parts[0]);
    }
    return totals;
  }
  template <class Condition>
  ODOT_HOST_DEVICE bool any(const Condition& condition) const {
    return this->largest([&](const auto& run) { return select(condition(run), Lanes<S, 1>(1), Lanes<S, 1>(0)); }) >
           S{0};
  }
};

}  // namespace odot::kernels::gpu
