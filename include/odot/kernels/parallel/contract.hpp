#pragma once
// SPDX-License-Identifier: MIT
// The primitives of element-wise, row-wise and column-wise ops. They are written once per device, so that an op is
// written only once.
//
// A program is an object with a generic call operator, marked ODOT_HOST_DEVICE. It gets a Run of elements, through
// which it loads numbers, computes, and stores. It holds pointers and numbers, is copied to the device, and knows
// nothing of packets, threads or the device. The elements that a Run's tail lacks are loaded as 0 and never stored, so
// that the bits of an element do not depend on where it lies.

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "odot/core/workspace.hpp"
#include "odot/kernels/missing.hpp"
#include "odot/kernels/parallel/terms.hpp"

namespace odot::kernels {

namespace detail {

/// What is called for the runs: the program, or what its prepare() returns.
template <class Program>
ODOT_HOST_DEVICE decltype(auto) prepared(const Program& program) {
  if constexpr (requires { program.prepare(); }) return program.prepare();
  else return (program);
}

}  // namespace detail

/// The primitives; every device specialises them. S is the scalar of the numbers. `columns` is a std::size_t, or a
/// std::integral_constant where the extent is known and short.
///
/// Reductions call a program once for each element; it may store. Their second template argument says how terms are
/// joined: Sum, Largest or Smallest (terms.hpp).
template <class Device>
struct Parallel : detail::MissingKernels<Device> {
  /// Calls program(run) for runs that cover [rows, columns], in any order and in parallel. One launch on a Gpu. A
  /// program may have prepare(), which returns what is called in the program's place. It is for values in the device's
  /// memory that are the same in all runs; it is called once for many runs on the Cpu, once per thread on a Gpu. If the
  /// program has a function `of_row`, for values that depend on the row alone, the call is program(run,
  /// program.of_row(row)).
  template <class S, class Columns, class Program>
  static void map(Workspace<Device>& workspace, std::size_t rows, Columns columns, const Program& program);

  /// Calls program(block) for blocks of Block::size neighbouring positions that cover [first, first + count); the first
  /// and the last block may be covered in part. A block begins at block.position, a multiple of Block::size, which is a
  /// multiple of four. block.each(body) calls body(run, at) for its elements: run.offset counts from `first`, `at` from
  /// block.position.
  template <class S, class Program>
  static void map_blocks(Workspace<Device>& workspace, std::uint64_t first, std::size_t count, const Program& program);

  /// Calls program(row) for every row, in parallel; what a row offers: see Row in cpu/rows.hpp. The order of sums over
  /// a row depends on the number of columns alone. One launch on a Gpu.
  template <class S, class Columns, class Program>
  static void each_row(Workspace<Device>& workspace, std::size_t rows, Columns columns, const Program& program);

  /// Like each_row, but program(row) returns a double, or Terms of doubles. program.finish(totals) is called once with
  /// Terms of their sums over all rows, even if there are no rows. Their order depends on rows and columns alone. Two
  /// launches on a Gpu, three for many rows.
  template <class S, class Columns, class Program>
  static void sum_of_rows(Workspace<Device>& workspace, std::size_t rows, Columns columns, const Program& program);

  /// program(run) returns a number or Terms of numbers for the run's elements; program.finish(row, totals) is called
  /// with their sums over a row's columns. They are added in S in short stretches, then in double. A program whose
  /// terms must be added in double throughout has S = double and loads floats. The order depends on rows and columns
  /// alone.
  template <class S, class Reduction = Sum, class Columns, class Program>
  static void reduce_rows(Workspace<Device>& workspace, std::size_t rows, Columns columns, const Program& program);

  /// The same over all rows of a column: program.finish(run, totals), with run.row = 0. program.of_row is as in map. A
  /// program may also have program.row(row). It is called for a row after the row's own terms were computed, perhaps
  /// before those of other rows.
  template <class S, class Reduction = Sum, class Columns, class Program>
  static void reduce_columns(Workspace<Device>& workspace, std::size_t rows, Columns columns, const Program& program);
};

namespace detail {

/// An incomplete type that stands for any program in ParallelPrimitives.
struct AnyProgram;

}  // namespace detail

/// What a device's Parallel must offer, checked by example calls.
template <class K, class Device, class S = float>
concept ParallelPrimitives =
    requires(Workspace<Device>& workspace, std::size_t rows, std::size_t columns,
             std::integral_constant<std::size_t, 4> four, std::uint64_t first, const detail::AnyProgram& program) {
      K::template map<S>(workspace, rows, columns, program);
      K::template map<S>(workspace, rows, four, program);
      K::template map_blocks<S>(workspace, first, rows, program);
      K::template each_row<S>(workspace, rows, columns, program);
      K::template sum_of_rows<S>(workspace, rows, columns, program);
      K::template reduce_rows<S>(workspace, rows, columns, program);
      K::template reduce_rows<S, Largest>(workspace, rows, columns, program);
      K::template reduce_columns<S>(workspace, rows, columns, program);
      K::template reduce_columns<S, Smallest>(workspace, rows, columns, program);
    };

}  // namespace odot::kernels
