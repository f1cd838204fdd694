// SPDX-License-Identifier: MIT
#include "odot/train/keep_best.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "odot/kernels/gradient_norm.hpp"
#include "odot/kernels/parallel/cpu/parallel.hpp"
#include "odot/kernels/sgd.hpp"
#include "odot/optim/sgd.hpp"
#include "odot/train/fit.hpp"
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
  CHECK(best.value() == 1);
  CHECK(best.restore());
  for (const float weight : network.parameters()) CHECK(weight == 2);
}

TEST_CASE("without an epoch the network stays as it is") {
  SmallForecaster network{Seed{1}};
  const std::vector<float> before(network.parameters().begin(), network.parameters().end());
  KeepBest best(network);
  best.on_epoch({.epoch = 1, .test_loss = std::numeric_limits<double>::quiet_NaN()});
  CHECK_FALSE(best.restore());
  CHECK(best.epoch() == 0);
  CHECK(std::ranges::equal(before, network.parameters()));
}

TEST_CASE("another metric may choose the best epoch, which must be better by more than min_delta") {
  SmallForecaster network{Seed{1}};
  KeepBest by_accuracy(network, {.metric = "test_accuracy"}),
      by_own(network,
             {.metric = {"seconds", [](const EpochEvent& e) { return e.seconds; }, Goal::lowest}, .min_delta = 0.5});
  const std::vector<double> numbers{3, 2.75, 2.25, 4, 2, 1.75};
  for (std::size_t e = 1; e <= numbers.size(); ++e) {
    set_weights(network, static_cast<float>(e));
    const EpochEvent event{.epoch = e, .test_accuracy = numbers[e - 1], .seconds = numbers[e - 1]};
    by_accuracy.on_epoch(event);
    by_own.on_epoch(event);
  }
  CHECK(by_accuracy.epoch() == 4);
  CHECK(by_own.epoch() == 3);  // 2.75 is better by too little, 2.25 by 0.75, 1.75 by 0.5 exactly
  CHECK(by_own.value() == 2.25);
  CHECK(by_own.restore());
  for (const float weight : network.parameters()) CHECK(weight == 3);
  KeepBest resumed(network, {.metric = "test_accuracy"}), other(network);
  resumed.restore_state(by_accuracy.state());
  CHECK(resumed.epoch() == 4);
  CHECK(resumed.value() == 4);
  CHECK(resumed.restore());
  for (const float weight : network.parameters()) CHECK(weight == 4);
  CHECK_THROWS_WITH_AS(other.restore_state(by_accuracy.state()),
                       "odot::KeepBest: expected a state with metric test_loss, found one with test_accuracy",
                       ArgumentError);
  CHECK_THROWS_WITH_AS(
      Metric("f1"),
      "odot::Metric: expected test_loss, test_accuracy, mean_loss or train_accuracy, found \"f1\"; give your own "
      "metric its value and goal",
      ArgumentError);
  CHECK_THROWS_AS(KeepBest(network, {.min_delta = -1}), ArgumentError);
  // The training loss needs no second set.
  KeepBest(network, {.metric = "mean_loss"}).on_begin({.epochs = 1});
}

TEST_CASE("a training without a second set is refused before its first batch") {
  const SmallForecast series = small_series();
  SmallForecaster network{Seed{1}};
  optim::SGD sgd{{.learning_rate = 0.1}};
  KeepBest best(network);
  const FitOptions options{.epochs = 1, .batch_size = 64};
  CHECK_THROWS_AS(fit<nn::MeanSquaredError>(network, sgd, series.train, options, best), ArgumentError);
  CHECK(sgd.steps() == 0);
  fit<nn::MeanSquaredError>(network, sgd, series.train, series.validation, options, best);
  CHECK(best.epoch() == 1);
}

TEST_CASE("every call of fit begins anew") {
  const SmallForecast series = small_series();
  SmallForecaster network{Seed{1}};
  optim::SGD sgd{{.learning_rate = 0.01}}, wild{{.learning_rate = 3}};
  KeepBest best(network);
  const FitOptions options{.epochs = 3, .batch_size = 64};
  fit<nn::MeanSquaredError>(network, sgd, series.train, series.validation, options, best);
  const double first = best.value();
  // Every epoch of the second training is worse than the first training's, and its first one is its best.
  fit<nn::MeanSquaredError>(network, wild, series.train, series.validation, {.epochs = 1, .batch_size = 64}, best);
  CHECK(best.epoch() == 1);
  CHECK(best.value() > first);
  const std::vector<float> last(network.parameters().begin(), network.parameters().end());
  CHECK(best.restore());
  CHECK(std::ranges::equal(last, network.parameters()));
  fit<nn::MeanSquaredError>(network, sgd, series.train, series.validation, {.epochs = 0}, best);
  CHECK(best.epoch() == 0);
  CHECK_FALSE(best.restore());
  // A state without an epoch leaves nothing of before.
  KeepBest other(network);
  const Snapshot none = other.state();
  other.on_epoch({.epoch = 1, .test_loss = 1});
  other.restore_state(none);
  CHECK_FALSE(other.restore());
}
