#pragma once
// SPDX-License-Identifier: MIT
// The primitives on the Cpu: SIMD registers along the columns, chunks of work over the threads.

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "odot/core/parallel.hpp"
#include "odot/kernels/parallel/contract.hpp"
#include "odot/kernels/parallel/cpu/between_pixels.hpp"
#include "odot/kernels/parallel/cpu/blocks.hpp"
#include "odot/kernels/parallel/cpu/columns.hpp"
#include "odot/kernels/parallel/cpu/rows.hpp"
#include "odot/kernels/parallel/cpu/tiles.hpp"

namespace odot::kernels {

template <>
struct Parallel<Cpu> {
  static constexpr std::size_t chunk_elements = 1 << 14;
  /// Numbers of a register.
  template <class S>
  static constexpr std::size_t lanes = simd::lanes<S>;

  template <class S, class Columns, class Program>
  static void map(Workspace<Cpu>& workspace, std::size_t rows, Columns columns, const Program& program) {
    for_pieces(
        workspace, rows, columns, program, [=](const auto& body, std::size_t row, std::size_t begin, std::size_t end) {
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

  /// program(tile) for squares of registers that cover [rows, columns]: tiles.hpp. Of the Cpu alone.
  template <class S, std::size_t Length, class Program>
  static void map_tiles(Workspace<Cpu>& workspace, std::size_t rows,
                        std::integral_constant<std::size_t, Length> columns, const detail::RowGroups& groups,
                        const Program& program) {
    constexpr std::size_t per_tile = lanes<S> * Length;
    const std::size_t tiles = (groups.count + lanes<S> - 1) / lanes<S>;
    const Chunks chunks(groups.groups(rows) * tiles, chunk_elements / per_tile);
    parallel_for(workspace.threads(), chunks.count(), [&](std::size_t c, std::size_t) ODOT_NOINLINE ODOT_FLATTEN {
      const Program own = program;
      const detail::RowGroups own_groups = groups;
      const std::size_t end = chunks.end(c);
      for (std::size_t i = chunks.begin(c); i < end; ++i)
        detail::for_tiles<S>(own_groups, i / tiles, i % tiles * lanes<S>, columns, own);
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
    parallel_for(workspace.threads(), chunks.count(), [&](std::size_t c, std::size_t) ODOT_NOINLINE ODOT_FLATTEN {
      const Program own = program;
      const std::size_t end = chunks.end(c);
      for (std::size_t row = chunks.begin(c); row < end; ++row) own(Row<S, Columns>(row, columns));
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
    for_pieces(workspace, rows, columns, program,
               [=](const auto& each, std::size_t row, std::size_t begin, std::size_t end) {
                 auto totals = detail::no_terms<Reduction, Totals>();
                 detail::reduce_runs<S, Reduction, K>(row, detail::extent(columns), begin, end, each, totals.values);
                 if (parts) parts[row * pieces.count() + begin / chunk_elements] = totals;
                 else each.finish(row, totals);
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
      if (rows == 0 || (has_rows && !by_columns)) std::fill_n(of_task, K * size, Reduction::template identity<Total>);
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
  /// body(program, row, begin, end) for pieces of rows, which cover all of them; `program` is prepared. The chunk's work is
  /// a function of its own, with its own copy of the program: what that holds stays in registers, whatever is stored.
  template <class Columns, class Program, class Body>
  static void for_pieces(Workspace<Cpu>& workspace, std::size_t rows, const Columns& columns, const Program& program,
                         const Body& body) {
    if (rows == 0 || detail::extent(columns) == 0) return;
    const Chunks pieces(columns, chunk_elements);  // of long rows, each a chunk
    const Chunks chunks(rows * pieces.count(), chunk_elements / detail::extent(columns));
    parallel_for(workspace.threads(), chunks.count(), [&](std::size_t c, std::size_t) ODOT_NOINLINE ODOT_FLATTEN {
      const auto own = detail::prepared(program);
      const Body own_body = body;
      const std::size_t end = chunks.end(c);
      for (std::size_t i = chunks.begin(c); i < end; ++i) {
        const bool is_whole = detail::extent(columns) <= chunk_elements;
        const std::size_t row = is_whole ? i : i / pieces.count(), piece = is_whole ? 0 : i % pieces.count();
        own_body(own, row, is_whole ? 0 : pieces.begin(piece), is_whole ? detail::extent(columns) : pieces.end(piece));
      }
    });
  }
};

static_assert(ParallelPrimitives<Parallel<Cpu>, Cpu>);

}  // namespace odot::kernels
