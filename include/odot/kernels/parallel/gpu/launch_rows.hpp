#pragma once
// SPDX-License-Identifier: MIT
// Launches of programs of rows.

#include <cstddef>

#include "odot/core/gpu.hpp"
#include "odot/kernels/gpu/launch.hpp"
#include "odot/kernels/parallel/gpu/rows.hpp"

namespace odot::kernels::gpu::detail {

template <class S, class Columns, class Program>
struct ThreadRows {
  Columns columns;
  Program program;
  ODOT_HOST_DEVICE void operator()(std::size_t row) const { program(ThreadRow<S, Columns>(row, columns)); }
};

/// A row program that stores what another one returns.
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

/// The function `row` of a program of columns, as a row program.
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

}  // namespace odot::kernels::gpu::detail
