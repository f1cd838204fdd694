#pragma once
// SPDX-License-Identifier: MIT
// How far a layer in float is from the same layer in double on the Cpu, for inputs of a given size; and the rows of the
// table in docs/accuracy.md.

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "support/hash_uniform.hpp"
#include "support/layer_run.hpp"

namespace odot::test {

/// Largest |float − double| over the largest |double|: of the output, the input's gradient and the parameters' gradients.
/// Infinite where float has a NaN or an infinity and double has a number that float can hold. A largest value below
/// `floor` counts as `floor`.
struct Errors {
  double y = 0, dx = 0, dparameters = 0;
  double gradients() const { return std::max(dx, dparameters); }
};

inline double relative_error(std::span<const float> actual, std::span<const double> expected, double floor) {
  constexpr double most = std::numeric_limits<float>::max();
  double largest = 0, worst = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (!(std::abs(expected[i]) <= most)) continue;  // float has no such number
    if (!std::isfinite(actual[i])) return std::numeric_limits<double>::infinity();
    largest = std::max(largest, std::abs(expected[i]));
    worst = std::max(worst, std::abs(static_cast<double>(actual[i]) - expected[i]));
  }
  return worst / std::max(largest, floor);
}

/// What a layer is given. Every number is one that float can hold, so that both scalars get the same.
template <nn::BoundLayer Layer>
using Prepare = std::function<void(LayerRun<Layer, double>&)>;

template <nn::BoundLayer Layer>
void round_to_float(LayerRun<Layer, double>& run) {
  const auto round = [](std::span<double> values) {
    for (double& value : values) value = static_cast<double>(static_cast<float>(value));
  };
  round(run.x.span());
  round(run.dy.span());
  round(run.parameters);
}

/// What is allowed, and which row of the table it is.
struct Row {
  std::string layer;
  double size = 1;         ///< of the inputs
  std::size_t length = 0;  ///< tokens or elements that a sum goes over; 0: the layer has none to name
  double output, gradients = 0;
  /// Size of the terms whose difference a gradient is. Where a softmax gives all its weight to one term, the gradient is
  /// 0 in double and the rounding of those terms in float.
  double terms = 0;
  double work = 0;  ///< about how many exponentials or so the row takes; 0: few
  bool backward = true;

  // Next to inputs of this size, float's smallest numbers stand for 0.
  double output_floor() const { return std::max(1e-35 * size, 1e-37); }
  double gradient_floor() const { return std::max(output_floor(), terms); }
};

/// The layer in float on the Cpu.
struct OnCpu {
  static constexpr const char* name = "Cpu";
  using device = Cpu;

  template <nn::BoundLayer Layer>
  static Errors errors(LayerRun<Layer, double>& reference, const Row& row) {
    LayerRun<Layer, float> run(reference.x.samples());
    std::ranges::copy(reference.x.span(), run.x.data());
    std::ranges::copy(reference.dy.span(), run.dy.data());
    std::ranges::copy(reference.parameters, run.parameters.begin());
    std::ranges::copy(reference.buffers, run.buffers.begin());
    run.forward();
    Errors errors{.y = relative_error(run.y.span(), reference.y.span(), row.output_floor())};
    if (!row.backward) return errors;
    run.backward();
    errors.dx = relative_error(run.dx.span(), reference.dx.span(), row.gradient_floor());
    errors.dparameters = relative_error(run.gradients, reference.gradients, row.gradient_floor());
    return errors;
  }
};

/// Writes a row where $ODOT_ACCURACY_ROWS names a file: layer | device | size | length | y | gradients | bounds. Where
/// there are no gradients, NaN stands for them.
inline void write_row(const Row& row, const char* device, const Errors& errors) {
  const char* const path = std::getenv("ODOT_ACCURACY_ROWS");
  if (!path) return;
  if (std::FILE* const file = std::fopen(path, "a")) {
    const double none = std::numeric_limits<double>::quiet_NaN();
    std::fprintf(file, "%s|%s|%.0e|%zu|%.1e|%.1e|%.1e|%.1e\n", row.layer.c_str(), device, row.size, row.length,
                 errors.y, row.backward ? errors.gradients() : none, row.output, row.backward ? row.gradients : none);
    std::fclose(file);
  }
}

/// Writes a row and checks its bounds.
inline void check_errors(const Row& row, const char* device, const Errors& errors) {
  CAPTURE(row.layer);
  CAPTURE(row.size);
  CAPTURE(row.length);
  write_row(row, device, errors);
  CHECK(errors.y <= row.output);
  if (!row.backward) return;
  CHECK(errors.dx <= row.gradients);
  CHECK(errors.dparameters <= row.gradients);
}

/// Rows of more work than $ODOT_ACCURACY_WORK are left out: an emulator takes minutes for what takes a second, and the longest
/// sequences take minutes anywhere. Work: see Row.
inline double most_work() {
  const char* const value = std::getenv("ODOT_ACCURACY_WORK");
  return value ? std::strtod(value, nullptr) : 1e8;
}

/// Checks one row: `prepare` fills a run of `samples` samples; the layer runs in double on the Cpu and in float on `Device`.
template <nn::BoundLayer Layer, class Device>
void check_row(const Row& row, std::size_t samples, const Prepare<Layer>& prepare) {
  if (row.work > most_work()) return;
  LayerRun<Layer, double> reference(samples);
  prepare(reference);
  round_to_float(reference);
  const std::vector<double> buffers = reference.buffers;
  reference.forward();
  if (row.backward) reference.backward();
  reference.buffers = buffers;  // float starts from the same
  check_errors(row, Device::name, Device::template errors<Layer>(reference, row));
}

/// x of `size` times numbers in [−1, 1), dy and parameters of numbers in [−1, 1) and [−weight, weight).
template <nn::BoundLayer Layer>
Prepare<Layer> uniform(double size, double weight = 0.5) {
  return [=](LayerRun<Layer, double>& run) {
    std::size_t position = 0;
    for (double& x : run.x.span()) x = size * hash_uniform(position++);
    for (double& dy : run.dy.span()) dy = hash_uniform(position++);
    for (double& parameter : run.parameters) parameter = weight * hash_uniform(position++);
  };
}

}  // namespace odot::test
