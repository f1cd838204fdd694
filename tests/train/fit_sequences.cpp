// SPDX-License-Identifier: MIT
// fit on sequences: labels and lengths, numbers as targets, no test set.
#include "odot/train/fit.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <vector>

#include "odot/data/standardise.hpp"
#include "odot/kernels/adam.hpp"
#include "odot/kernels/gradient_norm.hpp"
#include "odot/kernels/log_softmax.hpp"
#include "odot/kernels/mean_tokens.hpp"
#include "odot/kernels/nll.hpp"
#include "odot/kernels/parallel/cpu/parallel.hpp"
#include "odot/kernels/relu.hpp"
#include "odot/kernels/sgd.hpp"
#include "odot/nn/log_softmax.hpp"
#include "odot/nn/pool_tokens.hpp"
#include "odot/nn/relu.hpp"
#include "odot/optim/adam.hpp"
#include "odot/optim/sgd.hpp"
#include "support/small_regression.hpp"

using namespace odot;
using namespace odot::test;

namespace {

using S = Shape<12, 2>;
using Classifier = Network<nn::Sequential<S, nn::Linear<16>, nn::ReLU, nn::MeanTokens, nn::Linear<3>, nn::LogSoftmax>>;

struct Accuracies : Callback {
  std::vector<double> batches, epochs, tests;
  void on_batch(const BatchEvent& e) override { batches.push_back(e.accuracy); }
  void on_epoch(const EpochEvent& e) override {
    epochs.push_back(e.train_accuracy);
    tests.push_back(e.test_loss);
  }
};

}  // namespace

TEST_CASE("sequences train and are judged by their labels, and padding has no effect") {
  auto split = data::synthetic_sequences<S>(Seed{1}, 90, 30, 3);
  optim::Adam adam{{.learning_rate = 1e-2}}, other{{.learning_rate = 1e-2}};
  Classifier network{Seed{1}, nn::init::xavier()}, padded{Seed{1}, nn::init::xavier()};
  const auto report = fit(network, adam, split.train, split.test, {.epochs = 3, .batch_size = 32});
  for (data::Sequences<S>* part : {&split.train, &split.test})
    for (std::size_t i = 0; i < part->size(); ++i)
      for (std::size_t j = static_cast<std::size_t>(part->lengths[i]) * 2; j < S::size; ++j)
        part->values[i * S::size + j] = 100;
  const auto again = fit(padded, other, split.train, split.test, {.epochs = 3, .batch_size = 32});
  CHECK(report.epochs.back().mean_loss < report.epochs.front().mean_loss);
  CHECK(report.accuracy >= 0);
  CHECK(report.accuracy <= 100);
  CHECK(again.test_loss == report.test_loss);
  CHECK(again.epochs.back().mean_loss == report.epochs.back().mean_loss);
}

TEST_CASE("a regression trains, and has no accuracy") {
  const SmallForecast series = small_series();
  optim::Adam adam{{.learning_rate = 1e-2}};
  SmallForecaster network{Seed{1}};
  Accuracies seen;
  const auto report =
      fit<nn::MeanSquaredError>(network, adam, series.train, series.validation, {.epochs = 5, .batch_size = 64}, seen);
  CHECK(report.test_loss <= 0.8 * report.epochs.front().test_loss);
  CHECK(std::isnan(report.accuracy));
  for (const double accuracy : seen.batches) CHECK(std::isnan(accuracy));
  for (const double accuracy : seen.epochs) CHECK(std::isnan(accuracy));
  for (const double loss : seen.tests) CHECK(std::isfinite(loss));
  const nn::LossSums sums = evaluate<nn::MeanSquaredError>(network, network.workspace(), series.validation);
  CHECK(std::abs(sums.mean() - report.test_loss) <= 1e-12);
  CHECK(std::isnan(sums.accuracy()));
}

TEST_CASE("without a test set training is the same, and nothing is said of it") {
  const SmallForecast series = small_series();
  optim::Adam one, two;
  SmallForecaster with{Seed{1}}, without{Seed{1}};
  const FitOptions options{.epochs = 2, .batch_size = 64};
  Accuracies seen;
  const auto tested = fit<nn::MeanSquaredError>(with, one, series.train, series.test, options);
  const auto report = fit<nn::MeanSquaredError>(without, two, series.train, options, seen);
  CHECK(report.epochs.back().mean_loss == tested.epochs.back().mean_loss);
  CHECK(std::isnan(report.test_loss));
  CHECK(std::isnan(report.accuracy));
  CHECK(std::isnan(seen.tests.back()));
  for (std::size_t i = 0; i < with.parameters().size(); ++i) CHECK(with.parameters()[i] == without.parameters()[i]);
}

TEST_CASE("a gradient that Adam can't square ends the training, with epoch, batch and parameter") {
  // The loss is (w x − t)², so its gradient at w = 0 is −2 t x, here −2e20: finite, but not its square.
  using Model = nn::Sequential<Shape<1, 1>, nn::Flatten, nn::Linear<1, nn::LinearOptions{.bias = false}>>;
  const data::Windows<Shape<1, 1>, Shape<1>> set{
      .name = "large", .values = std::vector<float>(4, 1e20f), .targets = std::vector<float>(4, 1.0f)};
  Network<Model> network{Seed{1}};
  network.parameters()[0] = 0;
  optim::Adam adam;
  CHECK_THROWS_WITH_AS(fit<nn::MeanSquaredError>(network, adam, set, {.epochs = 1, .batch_size = 2}),
                       doctest::Contains("epoch 1, batch 1: the gradient of 1.weight is beyond 9.2"), NonFiniteError);
  CHECK(network.parameters()[0] == 0);
  optim::Adam clipping{{.max_gradient_norm = 1}};
  CHECK_NOTHROW(fit<nn::MeanSquaredError>(network, clipping, set, {.epochs = 1, .batch_size = 4}));
  CHECK(network.parameters()[0] != 0);
}

namespace {

/// The squared error times a number of its own.
struct Weighted {
  double weight = 1;
  template <class Scalar>
  using target = Scalar;
  template <ShapeType Output>
  static constexpr std::size_t targets = Output::size;
  void evaluate(auto& workspace, auto y, auto numbers, double scale, auto dy, nn::LossSums* sums) const {
    nn::LossSums plain;
    nn::MeanSquaredError::evaluate(workspace, y, numbers, weight * scale, dy, &plain);
    sums->loss += weight * plain.loss;
    sums->samples += plain.samples;
  }
};

}  // namespace

TEST_CASE("fit and evaluate take a loss with a number of its own") {
  const SmallForecast series = small_series();
  const FitOptions options{.epochs = 2, .batch_size = 64};
  optim::SGD plain{{.learning_rate = 0.08}}, weighted{{.learning_rate = 0.02}}, alone{{.learning_rate = 0.02}};
  SmallForecaster one{Seed{1}}, two{Seed{1}}, three{Seed{1}};
  const auto expected = fit<nn::MeanSquaredError>(one, plain, series.train, series.test, options);
  const auto report = fit(two, weighted, Weighted{4}, series.train, series.test, options);  // 4 · 0.02 = 0.08
  fit(three, alone, Weighted{4}, series.train, options);
  CHECK(std::abs(report.test_loss - 4 * expected.test_loss) <= 1e-5 * report.test_loss);
  for (std::size_t i = 0; i < one.parameters().size(); ++i) {
    CHECK(std::abs(one.parameters()[i] - two.parameters()[i]) <= 1e-6f);
    CHECK(two.parameters()[i] == three.parameters()[i]);
  }
  const nn::LossSums sums = evaluate(two, two.workspace(), Weighted{4}, series.test);
  CHECK(std::abs(sums.mean() - report.test_loss) <= 1e-12);
}
