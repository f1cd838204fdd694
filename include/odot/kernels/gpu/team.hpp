#pragma once
// SPDX-License-Identifier: MIT
// Teams: threads that run one program together, with memory that all of them see. A program runs in one of two ways:
//     on a GPU, a team is a thread block and its memory is shared memory (launch.hpp);
//     as a Thrust algorithm, on any Thrust system, a team is one thread. On the host's systems, programs are tested
//     without a GPU like this.
//
// A program is a class with
//     struct Memory;                                                           what the team shares, not initialised
//     template <class Team>
//     ODOT_HOST_DEVICE void operator()(const Team& team, std::size_t index, Memory& memory) const;
//     static constexpr unsigned threads, blocks_per_processor;                   optional: launch.hpp
// It consists of calls of team.each and team.reduce. Each of these ends with a barrier, so each sees what those before
// it have written to the memory. The calls of one program must not depend on the thread.

#include <cstddef>
#include <type_traits>

#include "odot/core/config.hpp"

namespace odot::kernels::gpu {

/// A team of one thread. If it is `descending`, `each` takes its items from the last to the first. A program whose
/// result depends on the order of its items is wrong on a GPU; tests find it, because some teams ascend and others
/// descend.
struct SerialTeam {
  bool descending = false;

  /// body(i) for every i < count.
  template <class Body>
  ODOT_HOST_DEVICE void each(std::size_t count, const Body& body) const {
    for (std::size_t i = 0; i < count; ++i) body(descending ? count - 1 - i : i);
  }

  /// store(row, load(row, 0) ∘ load(row, 1) ∘ …) for every row < rows.
  template <class T, class Load, class Combine, class Store>
  ODOT_HOST_DEVICE void reduce(std::size_t rows, std::size_t columns, T identity, const Load& load,
                               const Combine& combine, const Store& store) const {
    for (std::size_t row = 0; row < rows; ++row) {
      T sum = identity;
      for (std::size_t column = 0; column < columns; ++column) sum = combine(sum, load(row, column));
      store(row, sum);
    }
  }
};

#ifdef __CUDACC__

namespace detail {

inline constexpr unsigned warp_size = 32, all_lanes = 0xffffffffu;

/// The value of the lane `distance` above.
template <class T>
__device__ T shuffle_down(const T& value, unsigned distance) {
  static_assert(sizeof(T) % sizeof(unsigned) == 0, "a lane's value is moved in words of 4 bytes");
  unsigned words[sizeof(T) / sizeof(unsigned)];
  memcpy(words, &value, sizeof(T));
  for (unsigned& word : words) word = __shfl_down_sync(all_lanes, word, distance);
  T moved;
  memcpy(&moved, words, sizeof(T));
  return moved;
}

}  // namespace detail

/// A thread block; blockDim.x is a multiple of 32. In `reduce`, one warp takes one row.
struct BlockTeam {
  template <class Body>
  __device__ void each(std::size_t count, const Body& body) const {
    for (std::size_t i = threadIdx.x; i < count; i += blockDim.x) body(i);
    __syncthreads();
  }

  template <class T, class Load, class Combine, class Store>
  __device__ void reduce(std::size_t rows, std::size_t columns, T identity, const Load& load, const Combine& combine,
                         const Store& store) const {
    using detail::warp_size;
    const unsigned lane = threadIdx.x % warp_size;
    for (std::size_t row = threadIdx.x / warp_size; row < rows; row += blockDim.x / warp_size) {
      T sum = identity;
      for (std::size_t column = lane; column < columns; column += warp_size) sum = combine(sum, load(row, column));
      for (unsigned distance = warp_size / 2; distance > 0; distance /= 2)
        sum = combine(sum, detail::shuffle_down(sum, distance));
      if (lane == 0) store(row, sum);
    }
    __syncthreads();
  }
};

#endif

/// How many values of shared memory reduce_all needs: one per part, and a part for every warp of a block.
inline constexpr std::size_t team_parts = 8;

/// parts[0] = load(0) ∘ load(1) ∘ … ∘ load(count − 1); `parts` is team_parts values of the team's memory.
template <class Team, class T, class Load, class Combine>
ODOT_HOST_DEVICE void reduce_all(const Team& team, std::size_t count, T identity, const Load& load,
                                 const Combine& combine, T* parts) {
  const std::size_t length = (count + team_parts - 1) / team_parts;
  team.reduce(
      team_parts, length, identity,
      [&](std::size_t part, std::size_t i) {
        const std::size_t at = part * length + i;
        return at < count ? load(at) : identity;
      },
      combine, [&](std::size_t part, const T& sum) { parts[part] = sum; });
  team.reduce(
      1, team_parts, identity, [&](std::size_t, std::size_t part) { return parts[part]; }, combine,
      [&](std::size_t, const T& sum) { parts[0] = sum; });
}

/// The type in which a thread adds `Count` numbers of type S: S itself if they are few.
template <class S, std::size_t Count>
using LongSum = std::conditional_t<(Count > 64), double, S>;

/// a + b, for reductions.
struct Plus {
  template <class T>
  ODOT_HOST_DEVICE T operator()(const T& a, const T& b) const {
    return a + b;
  }
};

/// The larger one; NaN if either is NaN.
struct Maximum {
  template <class T>
  ODOT_HOST_DEVICE T operator()(const T& a, const T& b) const {
    return a > b || a != a ? a : b;
  }
};

}  // namespace odot::kernels::gpu
