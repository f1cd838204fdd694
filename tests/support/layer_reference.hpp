#pragma once
// SPDX-License-Identifier: MIT
// Checks one layer against a case of tests/reference: outputs, running statistics, every gradient.

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "support/difference.hpp"
#include "support/layer_run.hpp"
#include "support/reference.hpp"

namespace odot::test {

/// Runs `Layer` on the case's numbers and compares all its results. `tolerance` is relative to each array's largest
/// number. Arrays in `zero_by_nature` (a convolution's bias before a batch norm) must be as small as the tolerance.
template <nn::BoundLayer Layer, class Scalar = double>
void check_layer(const Reference& reference, const std::string& name, double tolerance,
                 const std::vector<std::string>& zero_by_nature = {}) {
  CAPTURE(name);
  const auto file = [&](const std::string& array) -> const ReferenceArray& {
    return reference.array(name + "." + array);
  };
  const auto fill = [&](auto&& target, const std::string& array) {
    const auto& values = file(array).values;
    REQUIRE(values.size() == std::size(target));
    std::ranges::transform(values, std::begin(target), [](double value) { return static_cast<Scalar>(value); });
  };
  const auto zero = [&](const std::string& array) {
    return std::ranges::find(zero_by_nature, array) != zero_by_nature.end();
  };

  LayerRun<Layer, Scalar> run(file("x").shape.at(0));
  fill(run.x.span(), "x");
  fill(run.dy.span(), "dy");
  if (reference.has(name + ".lengths")) run.lengths = reference.labels(name + ".lengths");
  for (const auto& info : run.parameter_table) {
    CHECK(info.shape == file(info.name).shape);
    fill(run.parameter(info.name), info.name);
  }
  for (const auto& info : run.buffer_table) {
    CHECK(info.shape == file(info.name).shape);
    fill(run.buffer(info.name), info.name);
  }

  run.forward();
  CHECK(difference(run.y.span(), file("y").values, tolerance) == "");
  run.backward();
  CHECK(difference(run.dx.span(), file("dx").values, tolerance) == "");
  for (const auto& info : run.parameter_table) {
    CAPTURE(info.name);
    const auto& expected = file("grad." + info.name).values;
    if (zero(info.name)) CHECK(difference_within(run.gradient(info.name), expected, 10 * tolerance) == "");
    else CHECK(difference(run.gradient(info.name), expected, tolerance) == "");
  }
  for (const auto& info : run.buffer_table) {
    CAPTURE(info.name);
    CHECK(difference(run.buffer(info.name), file("after." + info.name).values, tolerance) == "");
  }

  const std::vector<Scalar> buffers = run.buffers;
  run.predict();
  CHECK(difference(run.y.span(), file("predicted").values, tolerance) == "");
  CHECK(run.buffers == buffers);
}

}  // namespace odot::test
