#pragma once
// SPDX-License-Identifier: MIT
// What a program of Parallel::map_blocks is handed on the Cpu.

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "odot/kernels/parallel/cpu/access.hpp"

namespace odot::kernels::detail {

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

}  // namespace odot::kernels::detail
