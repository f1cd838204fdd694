#pragma once
// SPDX-License-Identifier: MIT
// The primitives on the Gpu: one thread per four elements of a map, per row of a few elements, or per column; one warp or
// team per longer row.

#include <cstddef>
#include <cstdint>

#include "odot/kernels/gpu/launch.hpp"
#include "odot/kernels/gpu/rows.hpp"
#include "odot/kernels/parallel/contract.hpp"
#include "odot/kernels/parallel/gpu/launch_rows.hpp"
#include "odot/kernels/parallel/gpu/maps.hpp"
#include "odot/kernels/parallel/gpu/reductions.hpp"

namespace odot::kernels {

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

static_assert(ParallelPrimitives<Parallel<Gpu>, Gpu>);

}  // namespace odot::kernels
