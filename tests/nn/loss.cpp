// SPDX-License-Identifier: MIT
#include "odot/nn/loss.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "odot/core/tensor.hpp"
#include "odot/cpu.hpp"
#include "odot/nn/linear.hpp"
#include "odot/nn/log_softmax.hpp"
#include "odot/nn/network.hpp"
#include "odot/nn/sequential.hpp"
#include "support/difference.hpp"
#include "support/hash_uniform.hpp"

using namespace odot;
using namespace odot::test;

TEST_CASE("the negative log-likelihood adds up losses and hits, and scales the gradient") {
  Workspace<Cpu> workspace(1);
  const Batch<Shape<2>> y(2, {-0.25f, -1.5f, -3.0f, -0.5f});
  Batch<Shape<2>> dy(2, {7, 7, 7, 7});
  const std::vector<std::int32_t> labels{1, 1};
  nn::LossSums sums;
  nn::NegativeLogLikelihood{}.evaluate(workspace, y.view(), labels, 0.5, dy.view(), &sums);
  CHECK(sums.loss == 2.0);  // 1.5 + 0.5
  CHECK(sums.correct == 1);
  CHECK(sums.samples == 2);
  CHECK(std::vector<float>(dy.span().begin(), dy.span().end()) == std::vector<float>{0, -0.5f, 0, -0.5f});
}

TEST_CASE("the cross-entropy of logits is the log-softmax and the negative log-likelihood in one") {
  using Logits = nn::Sequential<Shape<5>, nn::Linear<4>>;
  Network<Logits, Cpu, double> joint{Seed{1}, nn::init::normal(1)};
  Network<nn::Sequential<Shape<5>, nn::Linear<4>, nn::LogSoftmax>, Cpu, double> apart{Seed{1}, nn::init::normal(1)};
  Batch<Shape<5>, double> x(7);
  std::ranges::copy(hash_uniform(x.size(), 0), x.data());
  const std::vector<std::int32_t> labels{0, 1, 2, 3, 3, 2, 1};
  const nn::LossSums a = joint.compute_gradients<nn::CrossEntropy>(x, labels), b = apart.compute_gradients(x, labels);
  CHECK(std::abs(a.loss - b.loss) <= 1e-13);
  CHECK(a.correct == b.correct);
  CHECK(a.samples == 7);
  CHECK(difference(joint.gradients(), apart.gradients(), 1e-13) == "");
}

namespace {

/// The largest difference of a regression's gradient from central differences of its mean loss.
template <class Loss>
void check_regression() {
  Network<nn::Sequential<Shape<2, 3>, nn::Linear<2>>, Cpu, double> network{Seed{1}, nn::init::normal(1)};
  Batch<Shape<2, 3>, double> x(5);
  std::ranges::copy(hash_uniform(x.size(), 0), x.data());
  const std::vector<double> targets = hash_uniform(5 * 4, 1000);  // four outputs a sample
  const auto loss = [&] { return network.compute_gradients<Loss>(x, targets).loss / 5; };
  loss();
  const std::vector<double> gradients(network.gradients().begin(), network.gradients().end());
  std::vector<double> differences;
  for (double& parameter : network.parameters()) {
    const double start = parameter;
    parameter = start + 1e-6;
    const double above = loss();
    parameter = start - 1e-6;
    differences.push_back((above - loss()) / 2e-6);
    parameter = start;
  }
  CHECK(difference(gradients, differences, 1e-7) == "");
  CHECK(network.compute_gradients<Loss>(x, targets).correct == 0);
  CHECK_THROWS_AS(network.compute_gradients<Loss>(x, std::span(targets).first(19)), ArgumentError);
}

}  // namespace

TEST_CASE("a network learns numbers: its gradients are those of the mean over all elements") {
  check_regression<nn::MeanSquaredError>();
  check_regression<nn::MeanAbsoluteError>();
}

namespace {

/// Huber's loss: quadratic below delta, linear above; delta is its own.
struct Huber {
  double delta = 1;

  template <class Scalar>
  using target = Scalar;
  template <ShapeType Output>
  static constexpr std::size_t targets = Output::size;

  template <class Y>
  void evaluate(auto& /*workspace*/, Y y, std::span<const typename Y::scalar> numbers, double scale, auto dy,
                nn::LossSums* sums) const {
    constexpr std::size_t each = Y::shape::size;
    for (std::size_t i = 0; i < y.size(); ++i) {
      const double off = y.data()[i] - numbers[i], inside = std::clamp(off, -delta, delta);
      sums->loss += inside * (off - inside / 2) / each;
      if (dy) dy.data()[i] = static_cast<typename Y::scalar>(scale * inside / each);
    }
    sums->samples += static_cast<std::int64_t>(y.samples());
  }
};

/// Counts misses by hand.
struct Misses {
  template <class Scalar>
  using target = std::int32_t;
  template <ShapeType Output>
  static constexpr std::size_t targets = 1;

  void evaluate(auto& /*workspace*/, auto y, std::span<const std::int32_t> labels, double, auto dy,
                nn::LossSums* sums) const {
    for (std::size_t n = 0; n < y.samples(); ++n) {
      const bool hit = (y[n][1] > y[n][0]) == (labels[n] == 1);
      sums->loss += !hit;
      sums->correct += hit;
    }
    sums->samples += static_cast<std::int64_t>(y.samples());
    if (dy) std::ranges::fill(dy.span(), 0);
  }
};

using Line = nn::Sequential<Shape<3>, nn::Linear<2>>;

}  // namespace

static_assert(nn::Loss<Huber> && nn::Loss<nn::CrossEntropy> && !nn::Loss<Line> && !nn::Loss<double>);
static_assert(nn::LossOf<Huber, Shape<2>, double, Cpu> && !nn::LossOf<Line, Shape<2>, double, Cpu>);
static_assert(nn::Sequential<Shape<3>, nn::LogSoftmax>::log_probabilities && !Line::log_probabilities);

TEST_CASE("a loss's own number reaches gradients, pieces and all") {
  constexpr std::size_t samples = 4 * 1024 + 37;  // several pieces
  Network<Line, Cpu, double> network{Seed{1}, nn::init::normal(1)};
  Batch<Shape<3>, double> x(samples);
  std::ranges::copy(hash_uniform(x.size(), 0), x.data());
  const std::vector<double> targets = hash_uniform(samples * 2, 5000);
  const auto y = network.predict(x);
  for (const double delta : {0.1, 0.5, 100.0}) {
    const nn::LossSums sums = network.compute_gradients(Huber{delta}, x, targets);
    double loss = 0, bias = 0;
    for (std::size_t n = 0; n < samples; ++n)
      for (std::size_t k = 0; k < 2; ++k) {
        const double off = y[n][k] - targets[2 * n + k];
        loss += (std::abs(off) <= delta ? off * off / 2 : delta * (std::abs(off) - delta / 2)) / 2;
        if (k == 0) bias += std::max(-delta, std::min(off, delta)) / 2 / samples;
      }
    CHECK(std::abs(sums.loss - loss) <= 1e-10 * loss);
    CHECK(sums.samples == samples);
    CHECK(sums.mean() == sums.loss / samples);
    CHECK(std::isnan(sums.accuracy()));
    CHECK(std::abs(network.gradient("0.bias")[0] - bias) <= 1e-13);
  }
  CHECK(network.compute_gradients<Huber>(x, targets).loss == network.compute_gradients(Huber{1}, x, targets).loss);
}

TEST_CASE("whether there is an accuracy follows from a loss's targets, not from what it adds up") {
  Network<Line> network{Seed{1}, nn::init::normal(1)};
  Batch<Shape<3>> x(8);
  std::ranges::copy(hash_uniform<float>(x.size(), 0), x.data());
  const std::vector<std::int32_t> labels{0, 1, 1, 0, 1, 0, 0, 1};
  const nn::LossSums sums = network.compute_gradients(Misses(), x, labels);
  CHECK(sums.accuracy() == 12.5 * static_cast<double>(sums.correct));
  CHECK(std::abs(sums.accuracy() - 100 * (1 - sums.mean())) <= 1e-12);
}

TEST_CASE("losses written as expressions are added per sample, in any shape with one element, with or without hits") {
  const Batch<Shape<2, 3>> x(3, {1, 2, 3, 4, 5, 6, 0, 0, 0, 0, 0, 6, 1, 1, 1, 1, 1, 1});
  Workspace<Cpu> workspace(1);
  const WorkspaceScope<Cpu> scope(workspace);
  nn::LossSums sums{.loss = 0.5, .correct = 2, .samples = 4};
  nn::add_losses(&sums, mean(x));  // [N, 1, 1]
  CHECK(sums.loss == 0.5 + 3.5 + 1 + 1);
  CHECK(sums.correct == 2);
  CHECK(sums.samples == 7);
  nn::add_losses(&sums, mean(x), mean(x) == 1);
  CHECK(sums.loss == 11.5);
  CHECK(sums.correct == 4);
  CHECK(sums.samples == 10);
}
