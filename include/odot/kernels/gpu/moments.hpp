#pragma once
// SPDX-License-Identifier: MIT
// Statistics of a norm on the device: moments of planes, joined over the samples; and what its backward needs.

#include <cmath>
#include <cstddef>

#include "odot/kernels/batch_norm/contract.hpp"
#include "odot/kernels/gpu/launch.hpp"
#include "odot/kernels/moments.hpp"

namespace odot::kernels::gpu {

/// Two sums that are computed together.
template <class S>
struct Pair {
  S first{}, second{};

  ODOT_HOST_DEVICE friend Pair operator+(const Pair& a, const Pair& b) {
    return {a.first + b.first, a.second + b.second};
  }
};

/// Moments of load(0) … load(count − 1) by one team; `parts` as in reduce_all, of the type that sums are made in.
template <class Team, class Load, class Sum>
ODOT_HOST_DEVICE void plane_moments(const Team& team, std::size_t count, const Load& load, Sum* parts,
                                    Moments& result) {
  reduce_all(team, count, Sum{0}, [&](std::size_t i) { return static_cast<Sum>(load(i)); }, Plus{}, parts);
  team.each(1, [&](std::size_t) { result.mean = static_cast<double>(parts[0] / static_cast<Sum>(count)); });
  const Sum mean = static_cast<Sum>(result.mean);
  const auto square = [&](std::size_t i) {
    const Sum deviation = static_cast<Sum>(load(i)) - mean;
    return deviation * deviation;
  };
  reduce_all(team, count, Sum{0}, square, Plus{}, parts);
  team.each(1, [&](std::size_t) {
    result.count = static_cast<double>(count);
    result.squares = static_cast<double>(parts[0]);
  });
}

/// a and b as one set.
struct Join {
  ODOT_HOST_DEVICE Moments operator()(const Moments& a, const Moments& b) const {
    Moments both = a;
    both.join(b);
    return both;
  }
};

/// statistics[c] = mean, statistics[channels + c] = 1/σ from moments [channels, samples]; running statistics updated.
template <class S>
void join_moments(Workspace<Gpu>& workspace, std::size_t channels, std::size_t samples, const Moments* moments,
                  const NormConstants& constants, S* running_mean, S* running_var, S* statistics) {
  reduce_rows(
      workspace, channels, samples, Moments{},
      [=] ODOT_HOST_DEVICE(std::size_t c, std::size_t n) { return moments[c * samples + n]; }, Join{},
      [=] ODOT_HOST_DEVICE(std::size_t c, const Moments& batch) {
        statistics[c] = static_cast<S>(batch.mean);
        statistics[channels + c] = static_cast<S>(1 / std::sqrt(batch.variance() + constants.eps));
        update_running(batch, constants, running_mean[c], running_var[c]);
      });
}

/// rstd[c] = 1 / √(variance[c] + eps)
template <class S>
void rstd_of(std::size_t channels, const S* variance, double eps, S* rstd) {
  for_each_index(channels, [=] ODOT_HOST_DEVICE(std::size_t c) {
    rstd[c] = static_cast<S>(1 / std::sqrt(static_cast<double>(variance[c]) + eps));
  });
}

/// From Σ dy and Σ dy x̂ of each plane, [channels, samples], with planes of `plane` elements: means of dy, then of dy
/// x̂; the sums are also added to the gradients of scale and shift, if there are any.
template <class Sum, class S>
void add_norm_gradients(Workspace<Gpu>& workspace, std::size_t channels, std::size_t samples, std::size_t plane,
                        const Pair<Sum>* sums, S* dscale, S* dshift, S* means) {
  const auto elements = static_cast<double>(samples * plane);
  reduce_rows(
      workspace, channels, samples, Pair<double>{},
      [=] ODOT_HOST_DEVICE(std::size_t c, std::size_t n) {
        const Pair<Sum> part = sums[c * samples + n];
        return Pair<double>{static_cast<double>(part.first), static_cast<double>(part.second)};
      },
      Plus{},
      [=] ODOT_HOST_DEVICE(std::size_t c, const Pair<double>& all) {
        if (dscale) dscale[c] += static_cast<S>(all.second);
        if (dshift) dshift[c] += static_cast<S>(all.first);
        means[c] = static_cast<S>(all.first / elements);
        means[channels + c] = static_cast<S>(all.second / elements);
      });
}

}  // namespace odot::kernels::gpu
