// SPDX-License-Identifier: MIT
#include "odot/train/keep_best.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "support/small_regression.hpp"

using namespace odot;
using namespace odot::test;

namespace {

void set_weights(SmallForecaster& network, float value) { std::ranges::fill(network.parameters(), value); }

}  // namespace

TEST_CASE("the epoch with the lowest loss is kept, the first of equal ones") {
  SmallForecaster network{Seed{1}};
  KeepBest best(network);
  const std::vector<double> losses{3, 1, 2, 1, std::numeric_limits<double>::quiet_NaN()};
  for (std::size_t e = 1; e <= losses.size(); ++e) {
    set_weights(network, static_cast<float>(e));
    best.on_epoch({.epoch = e, .test_loss = losses[e - 1]});
  }
  CHECK(best.epoch() == 2);
  CHECK(best.loss() == 1);
  best.restore();
  for (const float weight : network.parameters()) CHECK(weight == 2);
}

TEST_CASE("without an epoch the network stays as it is") {
  SmallForecaster network{Seed{1}};
  const std::vector<float> before(network.parameters().begin(), network.parameters().end());
  KeepBest best(network);
  best.on_epoch({.epoch = 1, .test_loss = std::numeric_limits<double>::quiet_NaN()});
  best.restore();
  CHECK(best.epoch() == 0);
  CHECK(std::ranges::equal(before, network.parameters()));
}
