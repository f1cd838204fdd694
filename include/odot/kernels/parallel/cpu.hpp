#pragma once
// SPDX-License-Identifier: MIT
// The primitives on the Cpu: SIMD registers along the columns, chunks of work over the threads.

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <utility>

#include "odot/core/parallel.hpp"
#include "odot/kernels/parallel/contract.hpp"
#include "odot/kernels/parallel/packed.hpp"
#include "odot/kernels/parallel/run.hpp"
#include "odot/kernels/parallel/terms.hpp"

namespace odot::kernels {

namespace detail {

/// How a register's numbers are loaded and stored; numbers of other types are converted.
template <class S>
struct PackedAccess {
  using Number = Packed<S>;
  static constexpr std::size_t lanes = simd::lanes<S>;

  template <bool Whole, class T>
  static ODOT_INLINE Number load(const T* x, std::size_t count) {
    constexpr bool converted = !std::is_same_v<T, S>;
    if constexpr (converted && Whole) return number(simd::load_converted<S>(x));
    else if constexpr (converted) return load_strided(x, count, 1);
    else if constexpr (Whole) return number(simd::load(x));
    else if constexpr (lanes == 1) return Number(count ? *x : S{0});
    else return number(simd::load_first(x, count));
  }
  template <class T>
  static ODOT_INLINE Number load_strided(const T* x, std::size_t count, std::size_t stride) {
    return generate<false>(count, [=](std::size_t l) { return x[l * stride]; });
  }
  /// f(l) in lane l.
  template <bool Whole, class F>
  static ODOT_INLINE Number generate(std::size_t count, const F& f) {
    alignas(64) S numbers[lanes];
    if constexpr (!Whole) std::fill_n(numbers, lanes, S{0});
    for (std::size_t l = 0; l < (Whole ? lanes : count); ++l) numbers[l] = static_cast<S>(f(l));
    return number(simd::load<S>(numbers));
  }
  template <bool Whole, class T>
  static ODOT_INLINE void store(T* y, std::size_t count, const Number& value) {
    if constexpr (!std::is_same_v<T, S> || (lanes == 1 && !Whole)) store_strided(y, Whole ? lanes : count, 1, value);
    else if constexpr (Whole) simd::store(y, packet(value));
    else simd::store_first(y, count, packet(value));
  }
  template <class T>
  static ODOT_INLINE void store_strided(T* y, std::size_t count, std::size_t stride, const Number& value) {
    alignas(64) S numbers[lanes];
    simd::store(numbers, packet(value));
    for (std::size_t l = 0; l < count; ++l) y[l * stride] = static_cast<T>(numbers[l]);
  }

  static ODOT_INLINE Number count_from(std::size_t first) {
    return number(Eigen::internal::plset<simd::Packet<S>>(static_cast<S>(first)));
  }
  static ODOT_INLINE typename Number::mask lanes_before(std::ptrdiff_t position) {
    return number(Eigen::internal::plset<simd::Packet<S>>(S{0})) < Number(position);
  }
  static ODOT_INLINE typename Number::mask lane_is(std::ptrdiff_t position) {
    return number(Eigen::internal::plset<simd::Packet<S>>(S{0})) == Number(position);
  }

  static ODOT_INLINE Number number(const simd::Packet<S>& packet) { return Number(packet); }
  static ODOT_INLINE simd::Packet<S> packet(const Number& number) {
    if constexpr (lanes > 1) return number.packet;
    else return number.values[0];
  }
};

template <class S, bool Whole>
using PackedRun = Run<Packed<S>, PackedAccess<S>, Whole>;

/// The same for K numbers, fewer than a register's, which the compiler finds instructions for.
template <class S, std::size_t K>
struct ShortAccess {
  using Number = Lanes<S, K>;

  static ODOT_INLINE Number count_from(std::size_t first) {
    return generate<true>(K, [=](std::size_t l) { return first + l; });
  }
  static ODOT_INLINE typename Number::mask lanes_before(std::ptrdiff_t position) {
    return count_from(0) < Number(position);
  }
  static ODOT_INLINE typename Number::mask lane_is(std::ptrdiff_t position) {
    return count_from(0) == Number(position);
  }

  template <bool Whole, class T>
  static ODOT_INLINE Number load(const T* x, std::size_t count) {
    return generate<Whole>(count, [=](std::size_t l) { return x[l]; });
  }
  template <class T>
  static ODOT_INLINE Number load_strided(const T* x, std::size_t count, std::size_t stride) {
    return generate<false>(count, [=](std::size_t l) { return x[l * stride]; });
  }
  template <bool Whole, class F>
  static ODOT_INLINE Number generate(std::size_t count, const F& f) {
    Number number(S{0});
    for (std::size_t l = 0; l < (Whole ? K : count); ++l) number.values[l] = static_cast<S>(f(l));
    return number;
  }
  template <bool Whole, class T>
  static ODOT_INLINE void store(T* y, std::size_t count, const Number& number) {
    for (std::size_t l = 0; l < (Whole ? K : count); ++l) y[l] = static_cast<T>(number.values[l]);
  }
  template <class T>
  static ODOT_INLINE void store_strided(T* y, std::size_t count, std::size_t stride, const Number& number) {
    for (std::size_t l = 0; l < count; ++l) y[l * stride] = static_cast<T>(number.values[l]);
  }
};

/// Whether rows of this many columns are such: a constant power of two.
template <class S, class Columns>
inline constexpr bool are_short = false;
template <class S, std::size_t K>
inline constexpr bool are_short<S, std::integral_constant<std::size_t, K>> =
    K < simd::lanes<S> && std::has_single_bit(K);

/// A program, with what it makes of a row alone.
template <class Program>
ODOT_INLINE auto with_row(const Program& program, std::size_t row) {
  if constexpr (requires { program.of_row(row); })
    return [&program, of_row = program.of_row(row)](const auto& run) { return program(run, of_row); };
  else return [&program](const auto& run) { return program(run); };
}

/// body(run) for the columns [begin, end) of a row.
template <class S, class Body>
ODOT_INLINE void for_runs(std::size_t row, std::size_t columns, std::size_t begin, std::size_t end, const Body& body) {
  constexpr std::size_t lanes = simd::lanes<S>;
  std::size_t column = begin;
  for (; column + lanes <= end; column += lanes) body(PackedRun<S, true>{row, column, row * columns + column, lanes});
  if (column < end) body(PackedRun < S, lanes == 1 > {row, column, row * columns + column, end - column});
}

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
  static constexpr bool is_largest = std::is_same_v<Reduction, Largest>,
                        is_smallest = std::is_same_v<Reduction, Smallest>;

  Number values[K];

  ODOT_INLINE Accumulator() {
#pragma GCC unroll 16
    for (std::size_t k = 0; k < K; ++k) values[k] = Number(Reduction::template identity<S>);
  }
  template <class R>
  ODOT_INLINE void add(const R& run, const Terms<Number, K>& terms) {
#pragma GCC unroll 16
    for (std::size_t k = 0; k < K; ++k) {
      Number term = terms[k];
      if constexpr (!R::whole) {
        const simd::Packet<S> nothing = simd::all(Reduction::template identity<S>);
        term = Access::number(simd::first_of(run.count, Access::packet(term), nothing));
      }
      values[k] = Reduction::combine(values[k], term);
    }
  }
  ODOT_INLINE void add(const Accumulator& other) {
#pragma GCC unroll 16
    for (std::size_t k = 0; k < K; ++k) values[k] = Reduction::combine(values[k], other.values[k]);
  }
  /// The lanes' values combined.
  ODOT_INLINE S total(std::size_t k) const {
    if constexpr (std::is_same_v<Reduction, Sum>) {
      return simd::sum(Access::packet(values[k]));
    } else if constexpr (Access::lanes > 1 && (is_largest || is_smallest)) {
      const auto packet = Access::packet(values[k]);
      if (simd::any_lane<S>((values[k] != values[k]).packet)) [[unlikely]]
        return std::numeric_limits<S>::quiet_NaN();  // Eigen's reductions may lose it
      if constexpr (is_largest) return Eigen::internal::predux_max(packet);
      else return Eigen::internal::predux_min(packet);
    } else {
      if (any(values[k] != values[k])) return std::numeric_limits<S>::quiet_NaN();
      if constexpr (std::is_same_v<Reduction, Largest>) return simd::largest(Access::packet(values[k]));
      else return simd::smallest(Access::packet(values[k]));
    }
  }
};

/// totals[k] ∘= the terms of the columns [begin, end) of a row. No more than 64 registers are added one after the other in S;
/// the order depends on the number of columns alone.
template <class S, class Reduction, std::size_t K, class Term>
ODOT_INLINE void reduce_runs(std::size_t row, std::size_t columns, std::size_t begin, std::size_t end, const Term& term,
                             typename Reduction::template total<S>* totals) {
  using Total = typename Reduction::template total<S>;
  constexpr std::size_t lanes = simd::lanes<S>, side_by_side = 4, stretch = 64 * lanes;
  using Registers = Accumulator<S, Reduction, K>;
  for (std::size_t first = begin; first < end; first += stretch) {
    const std::size_t last = (std::min)(first + stretch, end);
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
    for (std::size_t k = 0; k < K; ++k) totals[k] = Reduction::combine(totals[k], static_cast<Total>(sum.total(k)));
  }
}

/// Elements of a sequence that begins before them: those at the positions from `position` on, `size` of them, as far as
/// [begin, end) goes. `position` is a multiple of `size`; `first` is that of element 0.
template <class S>
struct Block {
  static constexpr std::size_t size = 128;
  std::uint64_t position, first;
  std::size_t begin, end;  ///< in the block

  /// body(run, at) for the runs of the elements, the first of a run at `at` in the block.
  template <class Body>
  ODOT_INLINE void each(const Body& body) const {
    constexpr std::size_t lanes = simd::lanes<S>;
    const auto offset = static_cast<std::size_t>(position - first);  // modulo 2⁶⁴
    const auto run_at = [&](auto whole, std::size_t at, std::size_t count) {
      body(PackedRun<S, decltype(whole)::value>{0, offset + at, offset + at, count}, at);
    };
    if (begin == 0 && end == size) {
      for (std::size_t at = 0; at < size; at += lanes) run_at(std::true_type(), at, lanes);
      return;
    }
    std::size_t at = begin;
    for (; at + lanes <= end; at += lanes) run_at(std::true_type(), at, lanes);
    if (at < end) run_at(std::bool_constant<lanes == 1>(), at, end - at);
  }
};

/// Whether a mask holds in some lane.
template <class Mask>
ODOT_INLINE bool holds(const Mask& mask) {
  return any(mask);
}

/// A number of columns, a constant where it is a std::integral_constant.
template <class Columns>
constexpr std::size_t extent(const Columns& columns) {
  return columns;
}

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
    detail::for_runs<S>(index, columns_, 0, columns_, body);
  }
  /// Once for the row, where every thread of a Gpu's team would do it.
  template <class Body>
  ODOT_INLINE void once(const Body& body) const {
    body();
  }
  /// Σ term(run), max term(run), min term(run): a number, rounded to S.
  template <class Reduction, class Term>
  ODOT_INLINE S reduce(const Term& term) const {
    typename Reduction::template total<S> total = Reduction::template identity<typename Reduction::template total<S>>;
    detail::reduce_runs<S, Reduction, 1>(index, columns_, 0, columns_, term, &total);
    return static_cast<S>(total);
  }
  template <class Term>
  ODOT_INLINE S sum(const Term& term) const {
    return reduce<Sum>(term);
  }
  /// The sum as it is joined, before it is rounded.
  template <class Term>
  ODOT_INLINE double sum_in_double(const Term& term) const {
    double total = 0;
    detail::reduce_runs<S, Sum, 1>(index, columns_, 0, columns_, term, &total);
    return total;
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

namespace detail {

/// Whether a program of columns is handed whole rows before.
template <class S, class Columns, class Program>
concept has_rows = requires(const Program& program, const Row<S, Columns>& row) { program.row(row); };

/// Stretches of rows that are added one after the other in S.
inline constexpr std::size_t row_stretch = 64;

/// totals[k · size + c] ∘= the terms of the rows [begin, end), columns first + c, c < size: a few registers of columns at a
/// time, each through a stretch of rows.
template <class S, class Reduction, std::size_t K, std::size_t Wide, class Term>
void reduce_columns_of(std::size_t columns, std::size_t begin, std::size_t end, std::size_t first, std::size_t size,
                       const Term& term, typename Reduction::template total<S>* totals) {
  using Total = typename Reduction::template total<S>;
  constexpr std::size_t lanes = simd::lanes<S>;
  const auto add = [&](std::size_t at, const auto& count, const Accumulator<S, Reduction, K>& sum) {
    for (std::size_t k = 0; k < K; ++k) {
      alignas(64) S values[lanes];
      simd::store(values, PackedAccess<S>::packet(sum.values[k]));
      Total* total = totals + k * size + at;
      for (std::size_t l = 0; l < count; ++l) total[l] = Reduction::combine(total[l], static_cast<Total>(values[l]));
    }
  };
  for (std::size_t from = begin; from < end; from += row_stretch) {
    const std::size_t to = (std::min)(from + row_stretch, end);
    std::size_t at = 0;
    for (; at + Wide * lanes <= size; at += Wide * lanes) {
      Accumulator<S, Reduction, K> sums[Wide];
      for (std::size_t row = from; row < to; ++row) {
        const auto term_of_row = with_row(term, row);
#pragma GCC unroll 4
        for (std::size_t i = 0; i < Wide; ++i) {
          const std::size_t column = first + at + i * lanes;
          const PackedRun<S, true> run{row, column, row * columns + column, lanes};
          sums[i].add(run, as_terms(term_of_row(run)));
        }
      }
      for (std::size_t i = 0; i < Wide; ++i) add(at + i * lanes, std::integral_constant<std::size_t, lanes>(), sums[i]);
    }
    for (; at < size; at += lanes) {
      Accumulator<S, Reduction, K> sum;
      const std::size_t column = first + at;
      if (size - at >= lanes) {
        for (std::size_t row = from; row < to; ++row) {
          const PackedRun<S, true> run{row, column, row * columns + column, lanes};
          sum.add(run, as_terms(with_row(term, row)(run)));
        }
        add(at, std::integral_constant<std::size_t, lanes>(), sum);
      } else {
        for (std::size_t row = from; row < to; ++row) {
          const PackedRun<S, lanes == 1> run{row, column, row * columns + column, size - at};
          sum.add(run, as_terms(with_row(term, row)(run)));
        }
        add(at, size - at, sum);
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

}  // namespace detail

template <>
struct Parallel<Cpu> {
  static constexpr std::size_t chunk_elements = 1 << 14;

  template <class S, class Columns, class Program>
  static void map(Workspace<Cpu>& workspace, std::size_t rows, Columns columns, const Program& program) {
    for_pieces(workspace, rows, columns, [&](std::size_t row, std::size_t begin, std::size_t end) {
      const auto& body = detail::prepared(program);
      if constexpr (detail::are_short<S, Columns>) {
        constexpr std::size_t all = Columns::value;
        detail::with_row(body, row)(Run<Lanes<S, all>, detail::ShortAccess<S, all>, true>{row, 0, row * all, all});
      } else {
        const detail::PackedRun<S, true> start{row, 0, row * columns, simd::lanes<S>};
        const auto run_all = [&](const auto& each) {
          detail::for_runs<S>(row, detail::extent(columns), begin, end, each);
        };
        if constexpr (requires { body.in_row(start, run_all); }) body.in_row(start, run_all);
        else run_all(detail::with_row(body, row));
      }
    });
  }

  template <class S, class Program>
  static void map_blocks(Workspace<Cpu>& workspace, std::uint64_t first, std::size_t count, const Program& program) {
    using Block = detail::Block<S>;
    if (count == 0) return;
    const std::uint64_t end = first + count, before = first / Block::size;
    const Chunks chunks(static_cast<std::size_t>((end - 1) / Block::size - before) + 1, chunk_elements / Block::size);
    parallel_for(workspace.threads(), chunks.count(), [&](std::size_t c, std::size_t) {
      for (std::size_t b = chunks.begin(c); b < chunks.end(c); ++b) {
        const std::uint64_t position = (before + b) * Block::size;
        program(Block{position, first, position < first ? static_cast<std::size_t>(first - position) : 0,
                      end - position < Block::size ? static_cast<std::size_t>(end - position) : Block::size});
      }
    });
  }

  template <class S, class Columns, class Program>
  static void each_row(Workspace<Cpu>& workspace, std::size_t rows, Columns columns, const Program& program) {
    const Chunks chunks(rows, chunk_elements / (std::max)(detail::extent(columns), std::size_t{1}));
    parallel_for(workspace.threads(), chunks.count(), [&](std::size_t c, std::size_t) ODOT_FLATTEN {
      for (std::size_t row = chunks.begin(c); row < chunks.end(c); ++row) program(Row<S, Columns>(row, columns));
    });
  }

  template <class S, class Columns, class Program>
  static void sum_of_rows(Workspace<Cpu>& workspace, std::size_t rows, Columns columns, const Program& program) {
    using Totals = detail::RowTerms<Row<S, Columns>, Program>;
    const Chunks chunks(rows, chunk_elements / (std::max)(detail::extent(columns), std::size_t{1}));
    const auto add = [](Totals& totals, const Totals& terms) {
      for (std::size_t k = 0; k < Totals::count; ++k) totals[k] += terms[k];
    };
    auto frame = workspace.frame();
    Totals* parts = frame.take<Totals>(chunks.count());
    parallel_for(workspace.threads(), chunks.count(), [&](std::size_t c, std::size_t) ODOT_FLATTEN {
      auto totals = detail::no_terms<Sum, Totals>();
      for (std::size_t row = chunks.begin(c); row < chunks.end(c); ++row)
        add(totals, detail::as_terms(program(Row<S, Columns>(row, columns))));
      parts[c] = totals;
    });
    auto totals = detail::no_terms<Sum, Totals>();
    for (std::size_t c = 0; c < chunks.count(); ++c) add(totals, parts[c]);
    program.finish(totals);
  }

  template <class S, class Reduction = Sum, class Columns, class Program>
  static void reduce_rows(Workspace<Cpu>& workspace, std::size_t rows, Columns columns, const Program& program) {
    constexpr std::size_t K = detail::terms_of<S, Program>;
    using Total = typename Reduction::template total<S>;
    using Totals = Terms<Total, K>;
    auto frame = workspace.frame();
    // Long rows in pieces, which are joined in their order.
    const Chunks pieces(columns, chunk_elements);
    Totals* parts = pieces.count() > 1 ? frame.take<Totals>(rows * pieces.count()) : nullptr;
    for_pieces(workspace, rows, columns, [&](std::size_t row, std::size_t begin, std::size_t end) {
      auto totals = detail::no_terms<Reduction, Totals>();
      detail::reduce_runs<S, Reduction, K>(row, detail::extent(columns), begin, end, program, totals.values);
      if (parts) parts[row * pieces.count() + begin / chunk_elements] = totals;
      else program.finish(row, totals);
    });
    if (columns == 0)
      for (std::size_t row = 0; row < rows; ++row) program.finish(row, detail::no_terms<Reduction, Totals>());
    if (!parts) return;
    for (std::size_t row = 0; row < rows; ++row) {
      auto totals = detail::no_terms<Reduction, Totals>();
      for (std::size_t piece = 0; piece < pieces.count(); ++piece)
        for (std::size_t k = 0; k < K; ++k)
          totals[k] = Reduction::combine(totals[k], parts[row * pieces.count() + piece][k]);
      program.finish(row, totals);
    }
  }

  template <class S, class Reduction = Sum, class Columns, class Program>
  static void reduce_columns(Workspace<Cpu>& workspace, std::size_t rows, Columns number, const Program& program) {
    constexpr std::size_t K = detail::terms_of<S, Program>, wide = K <= 2 ? 4 : 1;
    constexpr std::size_t many_columns = 4096, piece = 256, most_parts = 16;
    using Total = typename Reduction::template total<S>;
    const std::size_t columns = number;
    if (columns == 0) return;
    // Columns are shared out where there are many, else rows, in parts that are joined in their order.
    const bool by_columns = columns >= many_columns;
    const Chunks pieces(columns, by_columns ? piece : columns);
    const Chunks parts =
        by_columns ? Chunks(rows, (std::max)(rows, std::size_t{1}))
                   : Chunks::at_most(most_parts, rows, (std::max)(chunk_elements / columns, detail::row_stretch));
    const std::size_t tasks = (std::max)(parts.count(), std::size_t{1});
    auto frame = workspace.frame();
    Total* totals = frame.take<Total>(tasks * K * columns);
    constexpr bool has_rows = detail::has_rows<S, Columns, Program>;
    [[maybe_unused]] S* sums = has_rows && !by_columns ? frame.take<S>(tasks * K * columns) : nullptr;
    parallel_for(workspace.threads(), pieces.count() * tasks, [&](std::size_t task, std::size_t) {
      const std::size_t part = task / pieces.count(), p = task % pieces.count(), size = pieces.size(p);
      Total* of_task = totals + (part * columns + pieces.begin(p)) * K;
      std::fill_n(of_task, K * size, Reduction::template identity<Total>);
      if (rows == 0) return;
      if constexpr (has_rows) {
        if (!by_columns)
          return detail::reduce_columns_by_rows<S, Reduction, K>(number, parts.begin(part), parts.end(part), program,
                                                                 sums + part * K * columns, of_task);
      }
      detail::reduce_columns_of<S, Reduction, K, wide>(columns, parts.begin(part), parts.end(part), pieces.begin(p),
                                                       size, program, of_task);
    });
    if constexpr (has_rows)
      if (by_columns) each_row<S>(workspace, rows, number, [&](const auto& row) { program.row(row); });
    for (std::size_t p = 0; p < pieces.count(); ++p) {
      const std::size_t size = pieces.size(p), first = pieces.begin(p);
      Total* all = totals + first * K;
      for (std::size_t part = 1; part < tasks; ++part)
        for (std::size_t i = 0; i < K * size; ++i)
          all[i] = Reduction::combine(all[i], totals[(part * columns + first) * K + i]);
      detail::for_runs<S>(0, columns, first, first + size, [&](const auto& run) {
        Terms<Packed<S>, K> numbers;
        for (std::size_t k = 0; k < K; ++k) numbers[k] = run.load_from(all + k * size + (run.column - first));
        program.finish(run, numbers);
      });
    }
  }

 private:
  /// body(row, begin, end) for pieces of rows, which cover all of them.
  template <class Columns, class Body>
  static ODOT_INLINE void for_pieces(Workspace<Cpu>& workspace, std::size_t rows, const Columns& columns,
                                     const Body& body) {
    if (rows == 0 || detail::extent(columns) == 0) return;
    if (detail::extent(columns) > chunk_elements) {
      const Chunks pieces(columns, chunk_elements);
      parallel_for(workspace.threads(), rows * pieces.count(), [&](std::size_t c, std::size_t) {
        const std::size_t piece = c % pieces.count();
        body(c / pieces.count(), pieces.begin(piece), pieces.end(piece));
      });
      return;
    }
    const Chunks chunks(rows, chunk_elements / detail::extent(columns));
    parallel_for(workspace.threads(), chunks.count(), [&](std::size_t c, std::size_t) {
      for (std::size_t row = chunks.begin(c); row < chunks.end(c); ++row) body(row, std::size_t{0}, columns);
    });
  }
};

}  // namespace odot::kernels
