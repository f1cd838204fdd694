#pragma once
// SPDX-License-Identifier: MIT
// Starts parallel work on the device: by index, by thread, by team, and reductions by row or column. Nothing here waits
// for a GPU.

#include <thrust/execution_policy.h>
#include <thrust/for_each.h>
#include <thrust/iterator/counting_iterator.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>

#include "odot/core/gpu.hpp"
#include "odot/core/workspace.hpp"
#include "odot/kernels/gpu/team.hpp"

namespace odot::kernels::gpu {

/// body(i) for every i < count, in any order and in parallel. `body` is ODOT_HOST_DEVICE.
template <class Body>
void for_each_index(std::size_t count, const Body& body) {
  const thrust::counting_iterator<std::size_t> first(0);
#if THRUST_DEVICE_SYSTEM == THRUST_DEVICE_SYSTEM_CUDA
  try {
    thrust::for_each_n(thrust::cuda::par_nosync.on(nvidia::stream()), first, count, body);
  } catch (const thrust::system_error& error) {
    nvidia::check(static_cast<cudaError_t>(error.code().value()), "launching thrust::for_each_n");
    throw;
  }
#else
  thrust::for_each_n(thrust::device, first, count, body);
#endif
}

#if THRUST_DEVICE_SYSTEM == THRUST_DEVICE_SYSTEM_CUDA

namespace detail {

inline constexpr unsigned threads_per_block = 64;

/// Blocks of a launch. Throws DeviceError if there are more than a GPU accepts.
inline unsigned grid(std::size_t blocks) {
  constexpr std::size_t most = (std::size_t{1} << 31) - 1;
  if (blocks > most)
    throw DeviceError("CUDA: a launch of " + std::to_string(blocks) + " thread blocks, at most " +
                      std::to_string(most) + "; choose a smaller batch");
  return static_cast<unsigned>(blocks);
}

template <class Body>
__global__ void __launch_bounds__(threads_per_block) run_threads(std::size_t count, const Body body) {
  const std::size_t i = std::size_t{blockIdx.x} * threads_per_block + threadIdx.x;
  if (i < count) body(i);
}

}  // namespace detail

/// body(i) for every i < count, each by its own thread: for bodies with loops. (A thread of Thrust takes two indices,
/// and 256 threads are a block, which would leave multiprocessors idle if there are few indices.)
template <class Body>
void for_each_thread(std::size_t count, const Body& body) {
  if (count == 0) return;
  const std::size_t blocks = (count + detail::threads_per_block - 1) / detail::threads_per_block;
  detail::run_threads<<<detail::grid(blocks), detail::threads_per_block, 0, nvidia::stream()>>>(count, body);
  nvidia::check_launch("a loop per thread");
}

#else

template <class Body>
void for_each_thread(std::size_t count, const Body& body) {
  for_each_index(count, body);
}

#endif

namespace detail {

/// Runs a program as one thread. On Thrust's C++ system all teams take their items from the last to the first,
/// elsewhere every other team does. A team's memory, which grows with an image, is on the host's heap.
template <class Program>
struct SerialRun {
  Program program;
  ODOT_HOST_DEVICE void operator()(std::size_t index) const {
    using Memory = typename Program::Memory;
    const SerialTeam team{Gpu::system == ThrustSystem::cpp || index % 2 == 1};
#ifndef __CUDA_ARCH__
    if constexpr (sizeof(Memory) > (16 << 10)) {
      const std::unique_ptr<Memory> memory(new Memory);  // not initialised
      program(team, index, *memory);
    } else
#endif
    {
      Memory memory;
      program(team, index, memory);
    }
  }
};

}  // namespace detail

/// program(team, index, memory) for every index < teams, each by a team of one thread.
template <class Program>
void launch_serial_teams(std::size_t teams, const Program& program) {
  for_each_index(teams, detail::SerialRun<Program>{program});
}

#if THRUST_DEVICE_SYSTEM == THRUST_DEVICE_SYSTEM_CUDA

namespace detail {

/// Threads of a team, a multiple of 32: the program's choice.
template <class Program>
constexpr unsigned team_threads() {
  if constexpr (requires { Program::threads; }) return Program::threads;
  else return 256;
}
/// Blocks that a multiprocessor should hold at once, which limits a thread's registers: the program's choice.
template <class Program>
constexpr unsigned blocks_per_processor() {
  if constexpr (requires { Program::blocks_per_processor; }) return Program::blocks_per_processor;
  else return 1;
}

template <class Program>
__global__ void __launch_bounds__(team_threads<Program>(), blocks_per_processor<Program>())
    run_team(const Program program) {
  extern __shared__ __align__(16) unsigned char bytes[];
  program(BlockTeam{}, blockIdx.x, *reinterpret_cast<typename Program::Memory*>(bytes));
}

}  // namespace detail

/// program(team, index, memory) for every index < teams, each by a thread block.
template <class Program>
void launch_teams(std::size_t teams, const Program& program) {
  constexpr std::size_t bytes = sizeof(typename Program::Memory), most = 227 << 10, without_asking = 48 << 10;
  static_assert(bytes <= most, "odot, GPU: the layer's image does not fit a thread block's shared memory, 227 KiB");
  if (teams == 0) return;
  if (bytes > without_asking)
    nvidia::check(cudaFuncSetAttribute(detail::run_team<Program>, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                       static_cast<int>(bytes)),
                  "asking for " + std::to_string(bytes) + " bytes of shared memory per thread block");
  detail::run_team<<<detail::grid(teams), detail::team_threads<Program>(), bytes, nvidia::stream()>>>(program);
  nvidia::check_launch("a team program");
}

#else

template <class Program>
void launch_teams(std::size_t teams, const Program& program) {
  launch_serial_teams(teams, program);
}

#endif

namespace detail {

template <class T, class Load, class Combine, class Store>
struct RowReduction {
  struct Memory {
    T parts[team_parts];
  };
  std::size_t columns, length;  ///< length: columns per team
  std::size_t splits;           ///< teams per row
  T identity;
  Load load;
  Combine combine;
  Store store;

  template <class Team>
  ODOT_HOST_DEVICE void operator()(const Team& team, std::size_t index, Memory& memory) const {
    const std::size_t row = index / splits, begin = index % splits * length;
    const std::size_t count = begin < columns ? (columns - begin < length ? columns - begin : length) : 0;
    reduce_all(team, count, identity, [&](std::size_t i) { return load(row, begin + i); }, combine, memory.parts);
    team.each(1, [&](std::size_t) { store(index, memory.parts[0]); });
  }
};

template <class T>
struct LoadPart {
  const T* parts;
  std::size_t splits;
  ODOT_HOST_DEVICE T operator()(std::size_t row, std::size_t split) const { return parts[row * splits + split]; }
};
template <class T>
struct StorePart {
  T* parts;
  ODOT_HOST_DEVICE void operator()(std::size_t index, const T& sum) const { parts[index] = sum; }
};

/// load with row and column exchanged: a column's rows become a row's columns.
template <class Load>
struct Swapped {
  Load load;
  ODOT_HOST_DEVICE auto operator()(std::size_t column, std::size_t row) const { return load(row, column); }
};

/// Index `stretch · columns + column`: a column of `length` rows.
template <class T, class Load, class Combine, class Store>
struct ColumnReduction {
  std::size_t rows, columns, length;
  T identity;
  Load load;
  Combine combine;
  Store store;

  ODOT_HOST_DEVICE void operator()(std::size_t index) const {
    const std::size_t column = index % columns, begin = index / columns * length;
    T sum = identity;
    for (std::size_t row = begin; row < rows && row < begin + length; ++row) sum = combine(sum, load(row, column));
    store(index, sum);
  }
};

}  // namespace detail

/// store(row, load(row, 0) ∘ load(row, 1) ∘ …) for every row < rows, combined in an order that depends on the sizes
/// alone. If there are few long rows, they are divided into parts first.
template <class T, class Load, class Combine, class Store>
void reduce_rows(Workspace<Gpu>& workspace, std::size_t rows, std::size_t columns, const T& identity, const Load& load,
                 const Combine& combine, const Store& store) {
  constexpr std::size_t enough_teams = 512, least_length = 4096;
  if (rows == 0) return;
  const std::size_t splits = (std::min)((columns + least_length - 1) / least_length, (enough_teams + rows - 1) / rows);
  if (splits < 2) {
    launch_teams(rows,
                 detail::RowReduction<T, Load, Combine, Store>{columns, columns, 1, identity, load, combine, store});
    return;
  }
  auto frame = workspace.frame();
  T* parts = frame.template take<T>(rows * splits);
  const std::size_t length = (columns + splits - 1) / splits;
  launch_teams(rows * splits, detail::RowReduction<T, Load, Combine, detail::StorePart<T>>{
                                  columns, length, splits, identity, load, combine, {parts}});
  launch_teams(rows, detail::RowReduction<T, detail::LoadPart<T>, Combine, Store>{
                         splits, splits, 1, identity, {parts, splits}, combine, store});
}

/// store(column, load(0, column) ∘ load(1, column) ∘ …) for every column < columns, in an order that depends on the
/// sizes alone. One thread per column, so that neighbouring threads read neighbouring numbers. Many rows are divided
/// into stretches first.
template <class T, class Load, class Combine, class Store>
void reduce_columns(Workspace<Gpu>& workspace, std::size_t rows, std::size_t columns, const T& identity,
                    const Load& load, const Combine& combine, const Store& store) {
  constexpr std::size_t enough_threads = 1 << 16, least_length = 32, few_columns = 64;
  if (columns == 0) return;
  if (columns <= few_columns && rows >= least_length)  // too few threads, each with a long column
    return reduce_rows(workspace, columns, rows, identity, detail::Swapped<Load>{load}, combine, store);
  const std::size_t stretches =
      (std::min)((rows + least_length - 1) / least_length, (enough_threads + columns - 1) / columns);
  if (stretches < 2) {
    for_each_thread(
        columns, detail::ColumnReduction<T, Load, Combine, Store>{rows, columns, rows, identity, load, combine, store});
    return;
  }
  auto frame = workspace.frame();
  T* parts = frame.template take<T>(stretches * columns);
  for_each_thread(stretches * columns,
                  detail::ColumnReduction<T, Load, Combine, detail::StorePart<T>>{
                      rows, columns, (rows + stretches - 1) / stretches, identity, load, combine, {parts}});
  for_each_thread(columns, detail::ColumnReduction<T, detail::LoadPart<T>, Combine, Store>{
                               stretches, columns, stretches, identity, {parts, columns}, combine, store});
}

}  // namespace odot::kernels::gpu
