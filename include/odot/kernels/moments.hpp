#pragma once
// SPDX-License-Identifier: MIT
// Mean and variance of many numbers from those of their parts.

#include <cstddef>

#include "odot/core/config.hpp"
#include "odot/kernels/norm_constants.hpp"

namespace odot::kernels {

/// Count, mean and sum of squared deviations of a set of numbers; sets can be joined.
/// Source  Chan, Golub, LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances", 1979.
struct Moments {
  double count = 0, mean = 0, squares = 0;

  ODOT_HOST_DEVICE void join(const Moments& other) {
    if (other.count == 0) return;
    const double total = count + other.count, delta = other.mean - mean;
    mean += delta * other.count / total;
    squares += other.squares + delta * delta * count * other.count / total;
    count = total;
  }

  ODOT_HOST_DEVICE double variance() const { return squares / count; }  // biased
  ODOT_HOST_DEVICE double unbiased_variance() const { return count > 1 ? squares / (count - 1) : 0.0; }
};

/// running = (1 − momentum) · running + momentum · batch; the running variance is the unbiased one, as PyTorch's. With
/// first_batch_whole, a running variance of 0 takes the batch's statistics as they are. An empty batch changes nothing.
template <class Scalar>
ODOT_HOST_DEVICE void update_running(const Moments& batch, const NormConstants& constants, Scalar& running_mean,
                                     Scalar& running_var) {
  if (batch.count == 0) return;
  const bool first = constants.first_batch_whole && running_var == Scalar{0};
  const double share = first ? 1.0 : constants.momentum;
  const auto mixed = [share](Scalar old, double now) {
    return static_cast<Scalar>((1 - share) * static_cast<double>(old) + share * now);
  };
  running_mean = mixed(running_mean, batch.mean);
  running_var = mixed(running_var, batch.unbiased_variance());
}

}  // namespace odot::kernels
