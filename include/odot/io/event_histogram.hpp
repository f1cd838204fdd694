#pragma once
// SPDX-License-Identifier: MIT
// EventHistogram: a distribution as TensorBoard keeps it.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

#include "odot/core/config.hpp"

namespace odot::io {

/// The upper limits of TensorFlow's buckets, ascending: 0, ±1e-12 · 1.1ᵏ up to ±1e20, and the largest double.
ODOT_COLD inline const std::vector<double>& event_histogram_limits() {
  static const std::vector<double> limits = [] {
    std::vector<double> positive;
    for (double limit = 1e-12; limit < 1e20; limit *= 1.1) positive.push_back(limit);
    positive.push_back((std::numeric_limits<double>::max)());
    std::vector<double> all;
    for (auto limit = positive.rbegin(); limit != positive.rend(); ++limit) all.push_back(-*limit);
    all.push_back(0);
    all.insert(all.end(), positive.begin(), positive.end());
    return all;
  }();
  return limits;
}

/// Numbers counted in TensorFlow's buckets. NaN and infinity are left out.
struct EventHistogram {
  double min = 0, max = 0, num = 0, sum = 0, sum_squares = 0;
  std::vector<double> limits, counts;  ///< upper limits of buckets, and how many numbers are in each

  EventHistogram() = default;
  template <class Scalar>
  ODOT_COLD explicit EventHistogram(std::span<const Scalar> values) {
    const std::vector<double>& all = event_histogram_limits();
    std::vector<double> found(all.size());
    min = (std::numeric_limits<double>::max)();
    max = -min;
    for (const Scalar number : values) {
      const auto value = static_cast<double>(number);
      if (!std::isfinite(value)) continue;
      min = (std::min)(min, value);
      max = (std::max)(max, value);
      num += 1;
      sum += value;
      sum_squares += value * value;
      const auto bucket = std::upper_bound(all.begin(), all.end(), value) - all.begin();
      found[(std::min)(static_cast<std::size_t>(bucket), all.size() - 1)] += 1;
    }
    if (num == 0) min = max = 0;
    keep(all, found);
  }

 private:
  /// The buckets that hold something, and one empty bucket for each run of empty ones: the lower limit of a bucket is the
  /// upper limit of the one before.
  ODOT_COLD void keep(const std::vector<double>& all, const std::vector<double>& found) {
    for (std::size_t i = 0; i < found.size();) {
      double limit = all[i], count = found[i++];
      if (count == 0)
        while (i < found.size() && found[i] == 0) limit = all[i++];
      limits.push_back(limit);
      counts.push_back(count);
    }
    if (num == 0) {
      limits = {(std::numeric_limits<double>::max)()};
      counts = {0};
    }
  }
};

}  // namespace odot::io
