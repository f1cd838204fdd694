#pragma once
// SPDX-License-Identifier: MIT
// What a sample adds to a loss on the device.

#include <cstdint>

#include "odot/core/config.hpp"
#include "odot/kernels/loss_sums.hpp"

namespace odot::kernels::gpu {

/// A sample's part of LossSums.
struct LossPart {
  double loss = 0;
  std::int64_t correct = 0;

  ODOT_HOST_DEVICE friend LossPart operator+(const LossPart& a, const LossPart& b) {
    return {a.loss + b.loss, a.correct + b.correct};
  }
};

/// Adds the sum of all samples' parts to *sums: the last step of gpu::reduce_rows.
struct AddLosses {
  LossSums* sums;
  std::int64_t samples;

  ODOT_HOST_DEVICE void operator()(std::size_t, const LossPart& all) const {
    sums->loss += all.loss;
    sums->correct += all.correct;
    sums->samples += samples;
  }
};

}  // namespace odot::kernels::gpu
