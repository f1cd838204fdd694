#pragma once
// SPDX-License-Identifier: MIT
// What losses add up over samples.

#include <cstdint>
#include <limits>

#include "odot/core/config.hpp"

namespace odot::kernels {

/// What a loss adds up over samples. A loss of your own adds to the numbers; whether they are of labels follows from
/// its targets in what compute_gradients, evaluate and fit return.
struct LossSums {
  double loss = 0;           ///< Σ over the samples; of a likelihood in nats
  std::int64_t correct = 0;  ///< samples whose largest output is the label's (Label); 0 where there are no labels
  std::int64_t samples = 0;  ///< without those that the loss ignores
  bool labelled = false;     ///< the samples' targets are labels
  bool weighted = false;     ///< the samples have weights: the mean is by `weight`
  double weight = 0;         ///< Σ of the samples' weights; only of a loss that has weights

  LossSums& operator+=(const LossSums& other) {
    loss += other.loss;
    correct += other.correct;
    samples += other.samples;
    weight += other.weight;
    labelled = other.labelled;
    weighted = other.weighted;
    return *this;
  }

  /// Loss per sample, or per unit of weight; NaN without samples.
  double mean() const {
    const double count = weighted ? weight : static_cast<double>(samples);
    return count > 0 ? loss / count : none;
  }
  /// Share of the samples that are correct, in %; NaN without samples, or where their targets are numbers.
  double accuracy() const {
    return labelled && samples > 0 ? 100.0 * static_cast<double>(correct) / static_cast<double>(samples) : none;
  }

 private:
  static constexpr double none = std::numeric_limits<double>::quiet_NaN();
};

}  // namespace odot::kernels
