#pragma once
// SPDX-License-Identifier: MIT
// Warp programs: 32 lanes run one program, each for its own sample and with its own numbers in registers. The batch is
// stored in tiles, [tiles, …, 32], so that the lanes of a warp read neighbouring numbers. A program is a class with
//     ODOT_HOST_DEVICE void operator()(unsigned warp, const Lane& lane) const;
// On a GPU the lanes of a warp run together; on the host they run one after the other.

#include <cmath>
#include <cstddef>
#include <type_traits>

#include "odot/core/config.hpp"
#include "odot/kernels/gpu/launch.hpp"
#include "odot/kernels/gpu/rows.hpp"

namespace odot::kernels::gpu {

inline constexpr unsigned lanes = 32;

/// How many tiles a batch has; the last one may have lanes without a sample.
constexpr std::size_t tiles_of(std::size_t samples) { return (samples + lanes - 1) / lanes; }

#ifdef __CUDACC__

namespace detail {

/// Sums of Count ≤ 32 numbers over the lanes, in about as many shuffles: at every halving of the lanes, a lane gives
/// half of its numbers away and keeps the sums of the other half. In the end a lane holds the sum of number `first`, if
/// `valid` is not 0.
template <unsigned Count, unsigned Distance>
struct LaneSums {
  static constexpr unsigned half = (Count + 1) / 2;

  template <class S, unsigned Size>
  __device__ static void run(unsigned lane, S (&values)[Size], unsigned& first, unsigned& valid) {
    const bool upper = lane & Distance;
    ODOT_UNROLL
    for (unsigned i = 0; i < half; ++i) {
      const S low = values[i], high = i + half < Count ? values[i + half < Count ? i + half : 0] : S{0};
      values[i] = (upper ? high : low) + __shfl_xor_sync(all_lanes, upper ? low : high, Distance);
    }
    first += upper ? half : 0;
    valid = upper ? (valid > half ? valid - half : 0) : (valid < half ? valid : half);
    LaneSums<half, Distance / 2>::run(lane, values, first, valid);
  }
};
template <unsigned Count>
struct LaneSums<Count, 0> {
  template <class S, unsigned Size>
  __device__ static void run(unsigned, S (&)[Size], unsigned&, unsigned&) {}
};

template <unsigned Count, class S>
__device__ void store_lane_sums(unsigned lane, S (&values)[Count], unsigned count, S* target) {
  static_assert(Count <= lanes, "odot, GPU: a lane sums 32 numbers at most");
  unsigned first = 0, valid = Count;
  LaneSums<Count, lanes / 2>::run(lane, values, first, valid);
  if (valid > 0 && first < count) target[first] = values[0];
}

}  // namespace detail

#endif

struct Lane {
  unsigned index;

  /// target[j] = Σ over the warp's lanes of values[j], j < count. All lanes must call it, once per target; `values` is
  /// overwritten.
  template <unsigned Count, class S>
  ODOT_HOST_DEVICE void store_sums(S (&values)[Count], unsigned count, S* target) const {
#ifdef __CUDA_ARCH__
    detail::store_lane_sums(index, values, count, target);
#else
    for (unsigned j = 0; j < count; ++j) target[j] = index == 0 ? values[j] : target[j] + values[j];
#endif
  }
  template <unsigned Count, class S>
  ODOT_HOST_DEVICE void store_sums(S (&values)[Count], S* target) const {
    store_sums(values, Count, target);
  }
};

#if THRUST_DEVICE_SYSTEM == THRUST_DEVICE_SYSTEM_CUDA

namespace detail {

inline constexpr unsigned warps_per_block = 4;

template <class Program>
__global__ void __launch_bounds__(warps_per_block* lanes, blocks_per_processor<Program>())
    run_warps(const Program program, unsigned warps) {
  const unsigned warp = blockIdx.x * warps_per_block + threadIdx.x / lanes;
  if (warp < warps) program(warp, Lane{threadIdx.x % lanes});
}

}  // namespace detail

/// program(warp, lane) for every warp < warps and all of its lanes.
template <class Program>
void launch_warps(std::size_t warps, const Program& program) {
  if (warps == 0) return;
  const unsigned blocks = detail::grid((warps + detail::warps_per_block - 1) / detail::warps_per_block);
  detail::run_warps<<<blocks, detail::warps_per_block * lanes, 0, nvidia::stream()>>>(program,
                                                                                      static_cast<unsigned>(warps));
  nvidia::check_launch("a warp program");
}

#else

template <class Program>
void launch_warps(std::size_t warps, const Program& program) {
  for_each_index(warps, [=](std::size_t warp) {
    for (unsigned lane = 0; lane < lanes; ++lane) program(static_cast<unsigned>(warp), Lane{lane});
  });
}

#endif

/// 2ˣ. For floats on a GPU it is one instruction, whose relative error is about 2⁻²²; results below 2⁻¹²⁶ are 0.
template <class S>
ODOT_HOST_DEVICE S power_of_two(S x) {
#ifdef __CUDA_ARCH__
  if constexpr (std::is_same_v<S, float>) {
    float power;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(power) : "f"(x));
    return power;
  }
#endif
  return std::exp2(x);
}

}  // namespace odot::kernels::gpu
