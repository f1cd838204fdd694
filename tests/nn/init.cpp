// SPDX-License-Identifier: MIT
#include "odot/nn/init.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace odot::nn;

namespace {

const ParameterInfo linear{.name = "weight", .offset = 0, .size = 200, .shape = {4, 50}, .init = Init::drawn};
const ParameterInfo conv{.name = "weight", .offset = 0, .size = 8 * 2 * 9, .shape = {8, 2, 3, 3}, .init = Init::drawn};

}  // namespace

TEST_CASE("the normal rule gives every weight the same deviation, the paper's by default") {
  CHECK(init::normal()(linear) == 0.02);
  CHECK(init::normal()(conv) == 0.02);
  CHECK(init::normal(0.5)(conv) == 0.5);
}

TEST_CASE("Kaiming's rule looks at the fan-in") {
  CHECK(std::abs(init::kaiming()(linear) - std::sqrt(2.0 / 50)) <= 1e-15);
  CHECK(std::abs(init::kaiming()(conv) - std::sqrt(2.0 / 18)) <= 1e-15);
}

TEST_CASE("Xavier's rule looks at the fan-in and the fan-out") {
  CHECK(std::abs(init::xavier()(linear) - std::sqrt(2.0 / 54)) <= 1e-15);
  CHECK(std::abs(init::xavier()(conv) - std::sqrt(2.0 / (18 + 72))) <= 1e-15);
}
