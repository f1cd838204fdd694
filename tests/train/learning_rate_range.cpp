// SPDX-License-Identifier: MIT
#include "odot/train/learning_rate_range.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "odot/kernels/adam.hpp"
#include "odot/kernels/gradient_norm.hpp"
#include "odot/kernels/sgd.hpp"
#include "odot/optim/adam.hpp"
#include "odot/optim/sgd.hpp"
#include "support/small_training.hpp"

using namespace odot;
using namespace odot::test;

TEST_CASE("rates rise by equal factors, the loss falls and then rises; network and optimizer are as before") {
  const SmallSplit data = small_data();
  SmallNetwork network{Seed{1}}, other{Seed{1}};
  optim::Adam adam{{.learning_rate = 0.02}}, same{{.learning_rate = 0.02}};
  fit(network, adam, data.train, {.epochs = 1, .batch_size = 64});
  fit(other, same, data.train, {.epochs = 1, .batch_size = 64});
  const LearningRateRange range =
      learning_rate_range(network, adam, data.train, {.from = 1e-6, .to = 10, .steps = 71, .batch_size = 64});
  REQUIRE(range.points.size() > 40);
  CHECK(range.points[0].rate == 1e-6);
  for (std::size_t i = 1; i < range.points.size(); ++i)
    CHECK(std::abs(range.points[i].rate / range.points[i - 1].rate - std::pow(10, 0.1)) <= 1e-9);
  CHECK(range.points[0].average == doctest::Approx(range.points[0].loss));
  CHECK(range.diverged);
  CHECK(range.steepest() > 1e-5);
  CHECK(range.steepest() < 1);
  CHECK(range.chart().starts_with("<svg"));
  CHECK(std::ranges::equal(network.parameters(), other.parameters()));
  CHECK(network.step() == other.step());
  CHECK(adam.steps() == same.steps());
  fit(network, adam, data.train, {.epochs = 1, .batch_size = 64});
  fit(other, same, data.train, {.epochs = 1, .batch_size = 64});
  CHECK(std::ranges::equal(network.parameters(), other.parameters()));
}

TEST_CASE("a range test takes all its steps if nothing diverges, and ends when a loss is not finite") {
  const SmallSplit data = small_data();
  SmallNetwork network{Seed{1}};
  optim::SGD sgd{{.learning_rate = 3, .momentum = 0.9}};
  const LearningRateRange calm = learning_rate_range(network, sgd, data.train, {.to = 1e-5, .steps = 7});
  CHECK(calm.points.size() == 7);
  CHECK(std::abs(calm.points.back().rate - 1e-5) <= 1e-18);
  CHECK_FALSE(calm.diverged);
  CHECK(sgd.steps() == 0);
  const std::vector<float> before(network.parameters().begin(), network.parameters().end());
  const LearningRateRange wild =
      learning_rate_range(network, sgd, data.train, {.from = 1e30, .to = 1e38, .steps = 12, .divergence = 1e300});
  CHECK(wild.diverged);
  CHECK(wild.points.size() < 12);
  CHECK(std::ranges::equal(network.parameters(), before));
  CHECK_THROWS_WITH_AS(learning_rate_range(network, sgd, data.train, {.from = 2, .to = 1}),
                       "odot::learning_rate_range: expected rates above 0, the first below the last, found 2",
                       ArgumentError);
  CHECK_THROWS_AS(learning_rate_range(network, sgd, data.train, {.steps = 1}), ArgumentError);
}

namespace {

/// The negative log-likelihood, until its steps are used up.
struct FailingLoss : nn::NegativeLogLikelihood {
  int* steps;
  template <ShapeType Out, class Scalar, DeviceType Device>
  void evaluate(Workspace<Device>& workspace, BatchView<Out, const Scalar, Device> y,
                std::span<const std::int32_t> labels, double scale, BatchView<Out, Scalar, Device> dy,
                nn::LossSums* sums) const {
    if ((*steps)-- == 0) throw std::runtime_error("out of steps");
    nn::NegativeLogLikelihood::evaluate(workspace, y, labels, scale, dy, sums);
  }
};

}  // namespace

TEST_CASE("network and optimizer are as before where the training throws") {
  const SmallSplit data = small_data();
  SmallNetwork network{Seed{1}}, other{Seed{1}};
  optim::Adam adam{{.learning_rate = 0.02}}, same{{.learning_rate = 0.02}};
  fit(network, adam, data.train, {.epochs = 1, .batch_size = 64});
  fit(other, same, data.train, {.epochs = 1, .batch_size = 64});
  int steps = 5;
  const FailingLoss failing{{}, &steps};
  CHECK_THROWS_AS(learning_rate_range(network, adam, failing, data.train, {.from = 1e-3, .to = 1, .batch_size = 64}),
                  std::runtime_error);
  CHECK(std::ranges::equal(network.parameters(), other.parameters()));
  CHECK(network.step() == other.step());
  CHECK(adam.steps() == same.steps());
  fit(network, adam, data.train, {.epochs = 1, .batch_size = 64});
  fit(other, same, data.train, {.epochs = 1, .batch_size = 64});
  CHECK(std::ranges::equal(network.parameters(), other.parameters()));
}
