#pragma once
// SPDX-License-Identifier: MIT
// A gradient's summary on the GPU.

#include "odot/kernels/gpu/launch.hpp"
#include "odot/kernels/summary/summary.hpp"

namespace odot::kernels {

template <>
struct Summary<Gpu> {
  template <class S>
  static void evaluate(Workspace<Gpu>& workspace, std::span<const S> watched, std::span<const S> all, S largest,
                       GradientSummary* summary) {
    const S *some = watched.data(), *every = all.data();
    gpu::reduce_rows(
        workspace, 1, watched.size(), 0.0,
        [=] ODOT_HOST_DEVICE(std::size_t, std::size_t i) { return static_cast<double>(some[i]); }, gpu::Plus{},
        [=] ODOT_HOST_DEVICE(std::size_t, double sum) { summary->sum = sum; });
    gpu::reduce_rows(
        workspace, 1, all.size(), std::int64_t{0},
        // x − x is 0 for every finite x alone
        [=] ODOT_HOST_DEVICE(std::size_t, std::size_t i) {
          const S x = every[i], size = x < S{0} ? -x : x;
          return std::int64_t{!(size <= largest && x - x == S{0})};
        },
        gpu::Plus{}, [=] ODOT_HOST_DEVICE(std::size_t, std::int64_t count) { summary->beyond = count; });
  }
};

}  // namespace odot::kernels
