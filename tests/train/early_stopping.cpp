// SPDX-License-Identifier: MIT
#include "odot/train/early_stopping.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "odot/kernels/gradient_norm.hpp"
#include "odot/kernels/parallel/cpu/parallel.hpp"
#include "odot/kernels/sgd.hpp"
#include "odot/optim/sgd.hpp"
#include "odot/train/fit.hpp"
#include "odot/train/weight_average.hpp"
#include "support/difference.hpp"
#include "support/small_regression.hpp"
#include "support/small_training.hpp"

using namespace odot;
using namespace odot::test;

namespace {

/// The epoch after which these losses end a training; 0: none of them.
std::size_t stopped_after(EarlyStopping stopping, const std::vector<double>& losses) {
  for (std::size_t e = 1; e <= losses.size(); ++e) {
    stopping.on_epoch({.epoch = e, .test_loss = losses[e - 1]});
    if (stopping.wants_stop()) return e;
  }
  return 0;
}

}  // namespace

TEST_CASE("a training may be no better for `patience` epochs in a row") {
  const std::vector<double> losses{3, 2, 2, 2.5, 1.9, 2, 2, 2, 2};
  CHECK(stopped_after(EarlyStopping({.patience = 0}), losses) == 3);
  CHECK(stopped_after(EarlyStopping({.patience = 1}), losses) == 4);
  CHECK(stopped_after(EarlyStopping({.patience = 2}), losses) == 8);
  CHECK(stopped_after(EarlyStopping({.patience = 2, .min_delta = 0.2}), losses) == 5);
  CHECK(stopped_after(EarlyStopping({.patience = 9}), losses) == 0);
  CHECK(stopped_after(EarlyStopping({.patience = 1}), {std::nan(""), std::nan(""), 1}) == 2);
  CHECK(stopped_after(EarlyStopping({.metric = {"minus the loss", [](const EpochEvent& e) { return -e.test_loss; },
                                                Goal::highest},
                                     .patience = 1}),
                      losses) == 4);
}

TEST_CASE("early stopping continues from its state") {
  EarlyStopping first({.patience = 3}), second({.patience = 3});
  for (const double loss : {2.0, 1.0, 1.5, 1.5}) first.on_epoch({.epoch = 1, .test_loss = loss});
  second.restore_state(first.state());
  CHECK(second.epochs_since() == 2);
  CHECK(second.value() == 1);
  second.on_epoch({.test_loss = 1});
  CHECK_FALSE(second.wants_stop());
  second.on_epoch({.test_loss = 1});
  CHECK(second.wants_stop());
}

TEST_CASE("fit ends when a callback wants it, and reports that") {
  const SmallForecast series = small_series();
  SmallForecaster network{Seed{1}};
  optim::SGD sgd{{.learning_rate = 0}};  // no epoch is better than the first
  EarlyStopping stopping({.patience = 2});
  const auto train = [&](std::size_t epochs) {
    return fit<nn::MeanSquaredError>(network, sgd, series.train, series.validation,
                                     {.epochs = epochs, .batch_size = 64}, stopping);
  };
  const TrainingReport report = train(10);
  CHECK(report.epochs.size() == 4);
  CHECK(report.stopped_early);
  CHECK_FALSE(report.interrupted);
  CHECK(report.test_loss == report.epochs.back().test_loss);
  CHECK(train(10).epochs.size() == 4);  // it begins anew
  EarlyStopping other({.patience = 2});
  const TrainingReport planned =
      fit<nn::MeanSquaredError>(network, sgd, series.train, series.validation, {.epochs = 4, .batch_size = 64}, other);
  CHECK(planned.epochs.size() == 4);
  CHECK_FALSE(planned.stopped_early);
  CHECK_THROWS_WITH_AS(fit<nn::MeanSquaredError>(network, sgd, series.train, {.epochs = 1}, other),
                       "odot::EarlyStopping: its metric, test_loss, needs fit's second set, but there is none; "
                       "give fit a validation set",
                       ArgumentError);
}

namespace {

/// Averages a network's parameters by hand, after every step.
struct ByHand : Callback {
  explicit ByHand(const SmallNetwork& of, double d) : network(of), decay(d) {}
  void on_step(const StepEvent& at) override {
    const auto now = network.parameters();
    if (at.step == 1) average.assign(now.begin(), now.end());
    else
      for (std::size_t i = 0; i < now.size(); ++i)
        average[i] = decay * average[i] + (1 - decay) * static_cast<double>(now[i]);
  }
  const SmallNetwork& network;
  double decay;
  std::vector<double> average;
};

}  // namespace

TEST_CASE("the average of weights includes every step, is evaluated, and does not change the training") {
  const SmallSplit data = small_data();
  const FitOptions options{.epochs = 3, .batch_size = 64};
  SmallNetwork plain{Seed{1}}, network{Seed{1}}, judged{Seed{1}};
  optim::SGD first{{.learning_rate = 0.5}}, second{{.learning_rate = 0.5}};
  fit(plain, first, data.train, data.test, options);
  WeightAverage average(network, {.decay = 0.9});
  ByHand by_hand(network, 0.9);
  const TrainingReport report = fit(network, second, data.train, data.test, options, average, by_hand);
  CHECK(std::ranges::equal(network.parameters(), plain.parameters()));
  judged.restore(average.averaged());
  CHECK(difference(judged.parameters(), by_hand.average, 1e-6) == "");
  CHECK(evaluate(judged, judged.workspace(), data.test).mean() == report.test_loss);
  CHECK(evaluate(plain, plain.workspace(), data.test).mean() != report.test_loss);
  std::ranges::fill(network.parameters(), std::numeric_limits<float>::quiet_NaN());  // as a training that diverged
  average.apply();
  CHECK(std::ranges::equal(network.parameters(), judged.parameters()));
  CHECK_THROWS_AS(WeightAverage(network, {.decay = 1}), ArgumentError);
}

TEST_CASE("before the first step the average is the network itself") {
  const SmallSplit data = small_data();
  SmallNetwork network{Seed{1}};
  const std::vector<float> before(network.parameters().begin(), network.parameters().end());
  optim::SGD sgd;
  WeightAverage average(network);
  fit(network, sgd, data.train, data.test, {.epochs = 0}, average);
  average.apply();
  CHECK(std::ranges::equal(network.parameters(), before));
}
