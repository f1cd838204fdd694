#pragma once
// SPDX-License-Identifier: MIT
// Channels of images on the device: a bias added to every plane, and the sum over a channel's planes.

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "odot/kernels/gpu/launch.hpp"
#include "odot/kernels/gpu/rows.hpp"

namespace odot::kernels::gpu {

namespace detail {

/// Team t sums planes 8 t to 8 t + 7, one warp per plane.
template <class S, std::size_t Plane>
struct PlaneSums {
  static constexpr std::size_t planes_per_team = team_parts;
  using Sum = LongSum<S, Plane>;
  struct Memory {};
  const S* values;
  std::size_t planes;
  double* sums;  // [planes]

  template <class Team>
  ODOT_HOST_DEVICE void operator()(const Team& team, std::size_t index, Memory&) const {
    const std::size_t first = index * planes_per_team, left = planes - first;
    team.reduce(
        left < planes_per_team ? left : planes_per_team, Plane, Sum{0},
        [&](std::size_t plane, std::size_t i) { return static_cast<Sum>(values[(first + plane) * Plane + i]); }, Plus{},
        [&](std::size_t plane, const Sum& sum) { sums[first + plane] = static_cast<double>(sum); });
  }
};

}  // namespace detail

/// y[n, c, i] += bias[c] for `planes` planes of Plane numbers, sample after sample, C per sample; fewer than 2³²
/// numbers.
template <std::size_t C, std::size_t Plane, class S>
void add_channel_bias(std::size_t planes, const S* bias, S* y) {
  static_assert(C <= UINT32_MAX && Plane <= UINT32_MAX);
  if constexpr (Plane % 4 == 0) {
    for_each_four(planes * Plane, [=] ODOT_HOST_DEVICE(std::size_t first, unsigned count) {
      constexpr std::uint32_t plane = Plane, channels = C;
      const S of_plane = bias[static_cast<std::uint32_t>(first) / plane % channels];
      S row[4] = {};
      load_row(y + first, count, row);
      for (S& value : row) value += of_plane;
      store_row(row, count, y + first);
    });
    return;
  }
  for_each_index(planes * Plane, [=] ODOT_HOST_DEVICE(std::size_t at) {
    constexpr std::uint32_t plane = Plane, channels = C;
    const auto index = static_cast<std::uint32_t>(at);  // a 64-bit division takes longer than the memory access
    y[index] += bias[index / plane % channels];
  });
}

/// sums[c] += Σₙ Σᵢ values[n, c, i], in an order that depends on the sizes alone.
template <std::size_t C, std::size_t Plane, class S>
void add_channel_sums(Workspace<Gpu>& workspace, std::size_t samples, const S* values, S* sums) {
  using Program = detail::PlaneSums<S, Plane>;
  auto frame = workspace.frame();
  double* parts = frame.template take<double>(samples * C);
  launch_teams((samples * C + Program::planes_per_team - 1) / Program::planes_per_team,
               Program{values, samples * C, parts});
  reduce_columns(
      workspace, samples, C, 0.0, [=] ODOT_HOST_DEVICE(std::size_t n, std::size_t c) { return parts[n * C + c]; },
      Plus{}, [=] ODOT_HOST_DEVICE(std::size_t c, double sum) { sums[c] += static_cast<S>(sum); });
}

}  // namespace odot::kernels::gpu
