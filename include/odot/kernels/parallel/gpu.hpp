#pragma once
// SPDX-License-Identifier: MIT
// The primitives on the Gpu: one thread per four elements of a map, per row of a few elements, or per column; one warp or
// team per longer row.

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "odot/core/gpu.hpp"
#include "odot/kernels/gpu/launch.hpp"
#include "odot/kernels/gpu/rows.hpp"
#include "odot/kernels/parallel/contract.hpp"
#include "odot/kernels/parallel/lanes.hpp"
#include "odot/kernels/parallel/run.hpp"
#include "odot/kernels/parallel/terms.hpp"

namespace odot::kernels {

namespace gpu {

/// How a thread's numbers are loaded and stored: 16 bytes at a time where that can be. Numbers of other types are converted.
template <class S, unsigned N>
struct LaneAccess {
  using Number = Lanes<S, N>;

  template <bool Whole, class T>
  static ODOT_HOST_DEVICE Number load(const T* x, std::size_t count) {
    if constexpr (std::is_same_v<T, S>) {
      Number number(S{0});
      load_row(x, static_cast<unsigned>(Whole ? N : count), number.values);
      return number;
    } else {
      return load_strided(x, Whole ? N : count, 1);
    }
  }
  template <class T>
  static ODOT_HOST_DEVICE Number load_strided(const T* x, std::size_t count, std::size_t stride) {
    Number number(S{0});
    ODOT_UNROLL
    for (unsigned l = 0; l < N; ++l)
      if (l < count) number.values[l] = static_cast<S>(x[l * stride]);
    return number;
  }
  static ODOT_HOST_DEVICE Number count_from(std::size_t first) {
    Number number;
    ODOT_UNROLL
    for (unsigned l = 0; l < N; ++l) number.values[l] = static_cast<S>(first + l);
    return number;
  }
  /// f(l) in lane l.
  template <bool Whole, class F>
  static ODOT_HOST_DEVICE Number generate(std::size_t count, const F& f) {
    Number number(S{0});
    ODOT_UNROLL
    for (unsigned l = 0; l < N; ++l)
      if (Whole || l < count) number.values[l] = static_cast<S>(f(std::size_t{l}));
    return number;
  }
  template <bool Whole, class T>
  static ODOT_HOST_DEVICE void store(T* y, std::size_t count, const Number& number) {
    if constexpr (std::is_same_v<T, S>) store_row(number.values, static_cast<unsigned>(Whole ? N : count), y);
    else store_strided(y, Whole ? N : count, 1, number);
  }
  template <class T>
  static ODOT_HOST_DEVICE void store_strided(T* y, std::size_t count, std::size_t stride, const Number& number) {
    ODOT_UNROLL
    for (unsigned l = 0; l < N; ++l)
      if (l < count) y[l * stride] = static_cast<T>(number.values[l]);
  }
  static ODOT_HOST_DEVICE LaneMask<N> lanes_before(std::ptrdiff_t position) {
    LaneMask<N> mask;
    ODOT_UNROLL
    for (unsigned l = 0; l < N; ++l) mask.values[l] = static_cast<std::ptrdiff_t>(l) < position;
    return mask;
  }
  static ODOT_HOST_DEVICE LaneMask<N> lane_is(std::ptrdiff_t position) {
    LaneMask<N> mask;
    ODOT_UNROLL
    for (unsigned l = 0; l < N; ++l) mask.values[l] = static_cast<std::ptrdiff_t>(l) == position;
    return mask;
  }
};

template <class S, unsigned N, bool Whole>
using LaneRun = Run<Lanes<S, N>, LaneAccess<S, N>, Whole>;

/// The run of one element.
template <class S>
ODOT_HOST_DEVICE LaneRun<S, 1, true> run_of_one(std::size_t row, std::size_t columns, std::size_t column) {
  return {row, column, row * columns + column, 1};
}

namespace detail {

inline constexpr unsigned map_lanes = 4;

/// A map's program, or a program's terms, with what it makes of the row alone.
template <class Program, class R>
ODOT_HOST_DEVICE auto call(const Program& program, const R& run) {
  if constexpr (requires { program.of_row(run.row); }) return program(run, program.of_row(run.row));
  else return program(run);
}

/// Thread i of a map: four columns of a row, or what is left of it. (A division of 64 bits costs more than the memory's
/// pace.)
template <class S, class Columns, class Program>
struct MapThread {
  std::size_t per_row;  // threads
  bool narrow;          // all numbers fit 32 bits
  Program program;
  Columns columns;

  ODOT_HOST_DEVICE void operator()(std::size_t i) const {
    const std::size_t row =
        narrow ? static_cast<std::uint32_t>(i) / static_cast<std::uint32_t>(threads(per_row)) : i / per_row;
    const std::size_t column = (i - row * threads(per_row)) * map_lanes, left = columns - column,
                      offset = row * columns + column;
    const auto& body = kernels::detail::prepared(program);
    if (left >= map_lanes) {
      call(body, LaneRun<S, map_lanes, true>{row, column, offset, map_lanes});
    } else {  // one by one: conditions on lanes in every load would multiply the code's paths
      for (std::size_t at = 0; at < left; ++at) call(body, run_of_one<S>(row, columns, column + at));
    }
  }

  /// A constant where the number of columns is.
  static ODOT_HOST_DEVICE constexpr std::size_t threads([[maybe_unused]] std::size_t per_row) {
    if constexpr (std::is_same_v<Columns, std::size_t>) return per_row;
    else return (Columns::value + map_lanes - 1) / map_lanes;
  }
};

/// As the Cpu's, but four elements. Where some are missing, the others are runs of one.
template <class S>
struct Block {
  static constexpr std::size_t size = map_lanes;
  std::uint64_t position, first, end;

  template <class Body>
  ODOT_HOST_DEVICE void each(const Body& body) const {
    if (position >= first && position + size <= end) {
      const auto offset = static_cast<std::size_t>(position - first);
      body(LaneRun<S, size, true>{0, offset, offset, size}, 0);
      return;
    }
    ODOT_UNROLL
    for (std::size_t at = 0; at < size; ++at)
      if (position + at >= first && position + at < end)
        body(run_of_one<S>(0, 0, static_cast<std::size_t>(position + at - first)), at);
  }
};

template <class S, class Program>
struct BlockThread {
  std::uint64_t first, end;
  Program program;
  ODOT_HOST_DEVICE void operator()(std::size_t i) const {
    using Numbers = Block<S>;
    program(Numbers{(first / Numbers::size + i) * Numbers::size, first, end});
  }
};

/// The terms of one element, each a Total.
template <class Total, class S>
ODOT_HOST_DEVICE Terms<Total, 1> totals_of(const Lanes<S, 1>& term) {
  return {{static_cast<Total>(term.values[0])}};
}
template <class Total, class S, std::size_t K>
ODOT_HOST_DEVICE Terms<Total, K> totals_of(const Terms<Lanes<S, 1>, K>& terms) {
  Terms<Total, K> totals;
  ODOT_UNROLL
  for (std::size_t k = 0; k < K; ++k) totals[k] = static_cast<Total>(terms[k].values[0]);
  return totals;
}

template <class S, class Total, class Program>
struct LoadTerms {
  std::size_t columns;
  Program program;
  ODOT_HOST_DEVICE auto operator()(std::size_t row, std::size_t column) const {
    return totals_of<Total>(call(program, run_of_one<S>(row, columns, column)));
  }
};
template <class Reduction>
struct CombineTerms {
  template <class Total, std::size_t K>
  ODOT_HOST_DEVICE Terms<Total, K> operator()(const Terms<Total, K>& a, const Terms<Total, K>& b) const {
    Terms<Total, K> both;
    ODOT_UNROLL
    for (std::size_t k = 0; k < K; ++k) both[k] = Reduction::combine(a[k], b[k]);
    return both;
  }
};
template <class Program>
struct FinishRow {
  Program program;
  template <class Totals>
  ODOT_HOST_DEVICE void operator()(std::size_t row, const Totals& totals) const {
    program.finish(row, totals);
  }
};
template <class S, class Program>
struct FinishColumn {
  std::size_t columns;
  Program program;
  template <class Total, std::size_t K>
  ODOT_HOST_DEVICE void operator()(std::size_t column, const Terms<Total, K>& totals) const {
    Terms<Lanes<S, 1>, K> numbers;
    ODOT_UNROLL
    for (std::size_t k = 0; k < K; ++k) numbers[k] = Lanes<S, 1>(static_cast<S>(totals[k]));
    program.finish(run_of_one<S>(0, columns, column), numbers);
  }
};

/// K terms of nothing.
template <class Reduction, class Total, std::size_t K>
ODOT_HOST_DEVICE Terms<Total, K> nothing() {
  Terms<Total, K> totals;
  ODOT_UNROLL
  for (std::size_t k = 0; k < K; ++k) totals[k] = Reduction::template identity<Total>;
  return totals;
}
template <class S, class Total, class Program>
using TermsOf = decltype(std::declval<const LoadTerms<S, Total, Program>&>()(std::size_t{0}, std::size_t{0}));

}  // namespace detail

/// How many terms a row's program has.
template <class S, class Term>
inline constexpr std::size_t terms_of_row =
    decltype(detail::totals_of<S>(std::declval<const Term&>()(std::declval<LaneRun<S, 1, true>>())))::count;

/// What the rows below have in common: Row::reduce_terms<Reduction, T>(term) gives Terms, made in T, by default S.
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
  ODOT_HOST_DEVICE double sum_in_double(const Term& term) const {
    return static_cast<const Row&>(*this).template reduce_terms<Sum, double>(term)[0];
  }
  template <class Term>
  ODOT_HOST_DEVICE auto sums(const Term& term) const {
    return static_cast<const Row&>(*this).template reduce_terms<Sum>(term);
  }
  template <class Term>
  ODOT_HOST_DEVICE S largest(const Term& term) const {
    return reduce<Largest>(term);
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

/// A row that the 32 threads of a warp go through. On the host one thread does, some rows from their end.
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

/// A row that a team goes through. Two places for the results of reductions, by turns: a thread may still read one while
/// others fill the next.
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
    return largest([&](const auto& run) { return select(condition(run), Lanes<S, 1>(1), Lanes<S, 1>(0)); }) > S{0};
  }
};

namespace detail {

template <class S, class Columns, class Program>
struct ThreadRows {
  Columns columns;
  Program program;
  ODOT_HOST_DEVICE void operator()(std::size_t row) const { program(ThreadRow<S, Columns>(row, columns)); }
};

/// A row program that leaves what it gives in memory.
template <class Program, class Totals>
struct KeepTerms {
  Program program;
  Totals* totals;
  template <class Row>
  ODOT_HOST_DEVICE void operator()(const Row& row) const {
    const Totals of_row = kernels::detail::as_terms(program(row));
    row.once([&] { totals[row.index] = of_row; });
  }
};
template <class Program>
struct FinishAll {
  Program program;
  template <class Totals>
  ODOT_HOST_DEVICE void operator()(std::size_t, const Totals& totals) const {
    program.finish(totals);
  }
};

#if THRUST_DEVICE_SYSTEM == THRUST_DEVICE_SYSTEM_CUDA

template <class S, class Program>
__global__ void __launch_bounds__(256) run_warp_rows(std::size_t rows, std::size_t columns, const Program program) {
  constexpr unsigned lanes = WarpRow<S>::threads;
  const std::size_t row = (std::size_t{blockIdx.x} * 256 + threadIdx.x) / lanes;
  if (row < rows) program(WarpRow<S>(row, columns, threadIdx.x % lanes));
}
template <class S, class Program>
void launch_warp_rows(std::size_t rows, std::size_t columns, const Program& program) {
  constexpr std::size_t a_block = 256 / WarpRow<S>::threads;
  if (rows == 0) return;
  run_warp_rows<S><<<grid((rows + a_block - 1) / a_block), 256, 0, nvidia::stream()>>>(rows, columns, program);
  nvidia::check_launch("a program of rows");
}

#else

template <class S, class Program>
struct WarpRows {
  std::size_t columns;
  Program program;
  void operator()(std::size_t row) const { program(WarpRow<S>(row, columns, 0)); }
};
template <class S, class Program>
void launch_warp_rows(std::size_t rows, std::size_t columns, const Program& program) {
  for_each_index(rows, WarpRows<S, Program>{columns, program});
}

#endif

/// What a program of columns does to a row.
template <class Program>
struct RowOfColumns {
  Program program;
  template <class Row>
  ODOT_HOST_DEVICE void operator()(const Row& row) const {
    program.row(row);
  }
};

template <class S, class Program>
struct TeamRows {
  struct Memory {
    double parts[2][team_parts];
  };
  std::size_t columns;
  Program program;

  template <class Team>
  ODOT_HOST_DEVICE void operator()(const Team& team, std::size_t row, Memory& memory) const {
    using Row = TeamRow<S, Team>;
    program(Row(row, columns, team, reinterpret_cast<typename Row::Memory&>(memory)));
  }
};

}  // namespace detail

}  // namespace gpu

template <>
struct Parallel<Gpu> {
  static constexpr std::size_t longest_thread_row = 16, longest_warp_row = 1024;  // columns

  template <class S, class Columns, class Program>
  static void map(Workspace<Gpu>&, std::size_t rows, Columns columns, const Program& program) {
    const std::size_t per_row = (columns + gpu::detail::map_lanes - 1) / gpu::detail::map_lanes;
    const std::size_t threads = rows * per_row;
    gpu::for_each_index(threads,
                        gpu::detail::MapThread<S, Columns, Program>{per_row, threads <= UINT32_MAX, program, columns});
  }

  template <class S, class Program>
  static void map_blocks(Workspace<Gpu>&, std::uint64_t first, std::size_t count, const Program& program) {
    constexpr std::size_t size = gpu::detail::Block<S>::size;
    const std::uint64_t end = first + count;
    gpu::for_each_index(static_cast<std::size_t>((end + size - 1) / size - first / size),
                        gpu::detail::BlockThread<S, Program>{first, end, program});
  }

  template <class S, class Columns, class Program>
  static void each_row(Workspace<Gpu>&, std::size_t rows, Columns columns, const Program& program) {
    if (columns <= longest_thread_row)
      gpu::for_each_thread(rows, gpu::detail::ThreadRows<S, Columns, Program>{columns, program});
    else if (columns <= longest_warp_row) gpu::detail::launch_warp_rows<S>(rows, columns, program);
    else gpu::launch_teams(rows, gpu::detail::TeamRows<S, Program>{columns, program});
  }

  template <class S, class Columns, class Program>
  static void sum_of_rows(Workspace<Gpu>& workspace, std::size_t rows, Columns columns, const Program& program) {
    using Totals = detail::RowTerms<gpu::ThreadRow<S, Columns>, Program>;
    auto frame = workspace.frame();
    Totals* totals = frame.template take<Totals>(rows);
    each_row<S>(workspace, rows, columns, gpu::detail::KeepTerms<Program, Totals>{program, totals});
    gpu::reduce_rows(workspace, 1, rows, detail::no_terms<Sum, Totals>(), gpu::detail::LoadPart<Totals>{totals, rows},
                     gpu::detail::CombineTerms<Sum>{}, gpu::detail::FinishAll<Program>{program});
  }

  template <class S, class Reduction = Sum, class Columns, class Program>
  static void reduce_rows(Workspace<Gpu>& workspace, std::size_t rows, Columns columns, const Program& program) {
    using Total = typename Reduction::template total<S>;
    gpu::reduce_rows(workspace, rows, columns, detail::no_terms<Reduction, gpu::detail::TermsOf<S, Total, Program>>(),
                     gpu::detail::LoadTerms<S, Total, Program>{columns, program},
                     gpu::detail::CombineTerms<Reduction>{}, gpu::detail::FinishRow<Program>{program});
  }

  template <class S, class Reduction = Sum, class Columns, class Program>
  static void reduce_columns(Workspace<Gpu>& workspace, std::size_t rows, Columns columns, const Program& program) {
    using Total = typename Reduction::template total<S>;
    gpu::reduce_columns(
        workspace, rows, columns, detail::no_terms<Reduction, gpu::detail::TermsOf<S, Total, Program>>(),
        gpu::detail::LoadTerms<S, Total, Program>{columns, program}, gpu::detail::CombineTerms<Reduction>{},
        gpu::detail::FinishColumn<S, Program>{columns, program});
    if constexpr (requires(const gpu::ThreadRow<S>& row) { program.row(row); })
      each_row<S>(workspace, rows, columns, gpu::detail::RowOfColumns<Program>{program});
  }
};

}  // namespace odot::kernels
