#pragma once
// SPDX-License-Identifier: MIT
// The threads of maps on the Gpu.

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "odot/kernels/parallel/contract.hpp"
#include "odot/kernels/parallel/gpu/access.hpp"

namespace odot::kernels::gpu::detail {

inline constexpr unsigned map_lanes = 4;

/// Thread i of a map: four columns of a row, or fewer at its end. (A 64-bit division would take longer than the memory
/// access.)
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

  /// A constant if the number of columns is one.
  static ODOT_HOST_DEVICE constexpr std::size_t threads([[maybe_unused]] std::size_t per_row) {
    if constexpr (std::is_same_v<Columns, std::size_t>) return per_row;
    else return (Columns::value + map_lanes - 1) / map_lanes;
  }
};

/// Like the Cpu's Block, but of four elements. If some of them are out of range, the others are runs of one element.
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

}  // namespace odot::kernels::gpu::detail
