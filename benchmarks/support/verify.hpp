#pragma once
// SPDX-License-Identifier: MIT
// Checks of a result before it is timed.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

namespace odot::benchmarks {

/// Element by element within `tolerance` of the largest of `expected`, which must not all be zero. False for NaN.
inline bool all_close(std::span<const float> found, std::span<const float> expected, double tolerance = 1e-4) {
  double largest = 0;
  for (const float value : expected) largest = std::max(largest, std::abs(static_cast<double>(value)));
  if (!(largest > 0) || found.size() != expected.size()) return false;
  for (std::size_t i = 0; i < found.size(); ++i)
    if (!(std::abs(static_cast<double>(found[i]) - static_cast<double>(expected[i])) <= tolerance * largest))
      return false;
  return true;
}

/// Σ a b, in double.
inline double dot(std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  return sum;
}

/// Whether `loss()`, a function of `parameters`, grows along `gradient` g as fast as it should, |g|² a unit: a central
/// difference along g. Leaves the parameters as they were.
template <class Loss>
bool gradient_fits(std::span<float> parameters, std::span<const float> gradient, const Loss& loss) {
  const double expected = dot(gradient, gradient);
  float largest = 0;
  for (const float g : gradient) largest = std::max(largest, std::abs(g));
  const float h = 1e-2f / largest;
  const std::vector<float> start(parameters.begin(), parameters.end());
  const auto loss_at = [&](float along) {
    for (std::size_t i = 0; i < start.size(); ++i) parameters[i] = start[i] + along * gradient[i];
    return loss();
  };
  const double difference = (loss_at(h) - loss_at(-h)) / (2 * static_cast<double>(h));
  std::copy(start.begin(), start.end(), parameters.begin());
  return expected > 0 && std::abs(difference - expected) <= 0.03 * expected;
}

}  // namespace odot::benchmarks
