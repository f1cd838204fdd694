#pragma once
// SPDX-License-Identifier: MIT
// The primitives that element-wise, row-wise and column-wise ops are made of: written once per device, so that an op is
// written once.
//
// A program is an object with a generic call operator, marked ODOT_HOST_DEVICE, which is handed a Run of elements: it loads
// numbers by the Run, computes, and stores. It holds pointers and numbers, is copied to the device, and knows nothing of
// packets, threads or the device. What a Run's tail lacks is loaded as 0 and never stored, so that the bits of an element
// do not depend on where it lies.

#include <cstddef>
#include <string_view>
#include <type_traits>

#include "odot/core/device.hpp"
#include "odot/core/workspace.hpp"

namespace odot::kernels {

namespace detail {

/// The one error where a device's kernels are not included.
template <class Device>
struct MissingKernels {
  static constexpr bool is_cpu = std::is_same_v<Device, Cpu>, is_gpu = Device::name == std::string_view("gpu");
  static_assert(!is_cpu, "odot: the kernels of the Cpu are not included; include odot/odot.hpp, or odot/cpu.hpp");
  static_assert(
      !is_gpu,
      "odot: the kernels of the Gpu are not included; include odot/gpu.hpp, which needs nvcc, or Thrust on the host");
  static_assert(is_cpu || is_gpu,
                "odot: this device has no such kernel; specialise the template of odot::kernels for it");
};

/// What goes through the runs: the program, or what it prepares.
template <class Program>
ODOT_HOST_DEVICE decltype(auto) prepared(const Program& program) {
  if constexpr (requires { program.prepare(); }) return program.prepare();
  else return (program);
}

}  // namespace detail

/// What every device specialises, S the scalar of the numbers:
///
///   map<S>(workspace, rows, columns, program)
///       program(run) for runs that cover [rows, columns], in any order and in parallel. One launch on a Gpu. A program
///       may have prepare(), which gives what is called in its place: for what is the same in all runs and lies in the
///       device's memory. It is called once for many runs on the Cpu, once per thread on a Gpu.
///       program(run, program.of_row(row)) where the program has a function `of_row`: what depends on the row alone.
///   map_blocks<S>(workspace, first, count, program)
///       program(block) for blocks of Block::size neighbouring positions that cover [first, first + count), the first and
///       the last one in part; block.position, where it begins, is a multiple of Block::size, which is one of four.
///       block.each(body) calls body(run, at) for its elements: run.offset counts from `first`, `at` from where the block
///       begins.
///   each_row<S>(workspace, rows, columns, program)
///       program(row) for every row, in parallel; row: see Row in cpu.hpp. Sums over a row have an order of their own,
///       which depends on the number of columns alone. One launch on a Gpu.
///   sum_of_rows<S>(workspace, rows, columns, program)
///       as each_row, but program(row) gives a double, or Terms of doubles; program.finish(totals) gets Terms of their
///       sums over all rows, once, also where there are no rows. Their order depends on rows and columns alone. Two
///       launches on a Gpu, three for many rows.
///   reduce_rows<S>(workspace, rows, columns, program)
///       program(run) gives a number or Terms of numbers for the run's elements; program.finish(row, totals) gets their
///       sums over a row's columns. They are added in S in short stretches, then in double: terms that must be added in
///       double have S = double, and load floats. The order depends on rows and columns alone.
///   reduce_columns<S>(workspace, rows, columns, program)
///       the same over all rows: program.finish(run, totals), run.row 0.
///       program.of_row as in map. A program may have program.row(row) too: what is done to a row after its terms
///       were made, and perhaps before those of others.
///
/// Reductions call a program once for each element; it may store. Their second template argument is what joins terms:
/// Sum, Largest or Smallest (terms.hpp).
template <class Device>
struct Parallel {
  [[no_unique_address]] detail::MissingKernels<Device> missing;

  template <class S>
  static void map(const auto&...);
  template <class S>
  static void map_blocks(const auto&...);
  template <class S>
  static void each_row(const auto&...);
  template <class S>
  static void sum_of_rows(const auto&...);
  template <class S, class... Reduction>
  static void reduce_rows(const auto&...);
  template <class S, class... Reduction>
  static void reduce_columns(const auto&...);
};

}  // namespace odot::kernels
