// SPDX-License-Identifier: MIT
// Losses with options: label smoothing, weights, ignored labels; soft targets; binary targets; Huber's.

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "odot/core/tensor.hpp"
#include "odot/cpu.hpp"
#include "odot/nn/conv2d.hpp"
#include "odot/nn/linear.hpp"
#include "odot/nn/log_softmax.hpp"
#include "odot/nn/loss.hpp"
#include "odot/nn/network.hpp"
#include "odot/nn/sequential.hpp"
#include "support/difference.hpp"
#include "support/hash_uniform.hpp"
#include "support/reference.hpp"

using namespace odot;
using namespace odot::test;

namespace {

/// Loss and gradient of a case by PyTorch; `Out` is the shape of a sample's output.
template <ShapeType Out, class Loss, class Target>
void check_case(const Reference& reference, const std::string& name, const Loss& loss,
                const std::vector<Target>& targets) {
  CAPTURE(name);
  Workspace<Cpu> workspace(1);
  const std::vector<double>& outputs = reference.values(name + ".y");
  Batch<Out, double> y(outputs.size() / Out::size), dy(y.samples());
  std::ranges::copy(outputs, y.data());
  nn::LossSums sums;
  const BatchView<Out, const double> view = y.view();
  loss.evaluate(workspace, view, std::span<const Target>(targets), 1.0, dy.view(), &sums);
  sums.weighted = nn::detail::is_weighted(loss);
  CHECK(std::abs(sums.mean() - reference.number(name + ".loss")) <= 1e-11);
  // A gradient of unweighted labels is that of the sum of the samples' means.
  const double count = sums.weighted ? sums.weight : static_cast<double>(y.samples());
  for (double& element : dy.span()) element /= count;
  CHECK(difference(dy.span(), reference.values(name + ".gradient"), 1e-11) == "");
}

constexpr std::int32_t none = -100;  // as PyTorch's

}  // namespace

namespace {

std::string targets_of(std::string name) { return name.append(".targets"); }

}  // namespace

TEST_CASE("losses with options match PyTorch") {
  const Reference reference("loss_options.txt");
  const nn::ClassWeights weights(reference.values("weights"));
  const auto labels = [&](const char* name, const auto& loss) {
    check_case<Shape<5>>(reference, name, loss, reference.labels(targets_of(name)));
  };
  labels("smoothed", nn::CrossEntropy{.label_smoothing = 0.1});
  labels("weighted", nn::CrossEntropy{.class_weights = weights});
  labels("ignored", nn::CrossEntropy{.ignore_index = none});
  labels("all", nn::CrossEntropy{.label_smoothing = 0.3, .class_weights = weights, .ignore_index = none});
  const auto pixels = [&](const char* name, const auto& loss) {
    check_case<Shape<5, 3, 7>>(reference, name, loss, reference.labels(targets_of(name)));
  };
  pixels("pixels", nn::CrossEntropy{});
  pixels("pixels_smoothed", nn::CrossEntropy{.label_smoothing = 0.1});
  pixels("pixels_all", nn::CrossEntropy{.label_smoothing = 0.3, .class_weights = weights, .ignore_index = none});
  labels("nll", nn::NegativeLogLikelihood{.class_weights = weights, .ignore_index = none});
  const auto numbers = [&]<ShapeType Out>(Out, const char* name, const auto& loss) {
    check_case<Out>(reference, name, loss, reference.values(targets_of(name)));
  };
  numbers(Shape<5>(), "soft", nn::SoftCrossEntropy{});
  numbers(Shape<5>(), "soft_all", nn::SoftCrossEntropy{.label_smoothing = 0.2, .class_weights = weights});
  numbers(Shape<2, 3>(), "binary", nn::BinaryCrossEntropy{});
  numbers(Shape<2, 3>(), "binary_one", nn::BinaryCrossEntropy{.pos_weight = {2.5}});
  numbers(Shape<2, 3>(), "binary_each", nn::BinaryCrossEntropy{.pos_weight = reference.values("positive")});
  numbers(Shape<2, 3>(), "huber_0.75", nn::Huber{.delta = 0.75});
  numbers(Shape<2, 3>(), "huber_1.0", nn::Huber{});
}

namespace {

using Logits = nn::Sequential<Shape<3>, nn::Linear<4>>;

/// A network's gradient against central differences of the mean loss; the batch goes through in several pieces.
template <class Loss, class Target>
void check_network(const Loss& loss, const std::vector<Target>& targets) {
  constexpr std::size_t samples = 1024 + 37;
  Network<Logits, Cpu, double> network{Seed{1}, nn::init::normal(1)};
  Batch<Shape<3>, double> x(samples);
  std::ranges::copy(hash_uniform(x.size(), 0), x.data());
  const auto mean = [&] { return network.compute_gradients(loss, x, targets).mean(); };
  mean();
  const std::vector<double> gradients(network.gradients().begin(), network.gradients().end());
  std::vector<double> differences;
  for (double& parameter : network.parameters()) {
    const double start = parameter;
    parameter = start + 1e-5;
    const double above = mean();
    parameter = start - 1e-5;
    differences.push_back((above - mean()) / 2e-5);
    parameter = start;
  }
  CHECK(difference(gradients, differences, 1e-7) == "");
}

std::vector<std::int32_t> many_labels() {
  std::vector<std::int32_t> labels(1024 + 37);
  for (std::size_t n = 0; n < labels.size(); ++n) labels[n] = n % 3 == 0 ? none : static_cast<std::int32_t>(n * 5 % 4);
  return labels;
}

}  // namespace

TEST_CASE("a network's gradient is that of the weighted mean") {
  check_network(nn::CrossEntropy{.label_smoothing = 0.1, .class_weights = {0.5, 2, 0, 3}, .ignore_index = none},
                many_labels());
  std::vector<double> shares(4 * (1024 + 37));
  for (std::size_t i = 0; i < shares.size(); ++i) shares[i] = (hash_uniform(i) + 1) / 4;
  check_network(nn::SoftCrossEntropy{.class_weights = {0.5, 2, 0, 3}}, shares);
  check_network(nn::BinaryCrossEntropy{.pos_weight = {0.5, 2, 0, 3}}, shares);
  check_network(nn::Huber{.delta = 0.3}, shares);
}

TEST_CASE("a loss's sums are over the samples that count, and a batch without any changes nothing") {
  Network<Logits, Cpu, double> network{Seed{1}, nn::init::normal(1)};
  Batch<Shape<3>, double> x(4);
  std::ranges::copy(hash_uniform(x.size(), 0), x.data());
  const nn::CrossEntropy loss{.class_weights = {2, 3, 5, 7}, .ignore_index = 4};
  const auto classes = network.classify(x);
  std::vector<std::int32_t> labels{4, classes[1], 4, (classes[3] + 1) % 4};
  const nn::LossSums sums = network.compute_gradients(loss, x, labels);
  CHECK(sums.samples == 2);
  CHECK(sums.correct == 1);
  CHECK(sums.accuracy() == 50);
  CHECK(sums.weight == loss.class_weights.values()[labels[1]] + loss.class_weights.values()[labels[3]]);
  CHECK(sums.mean() == sums.loss / sums.weight);
  CHECK(std::ranges::any_of(network.gradients(), [](double g) { return g != 0; }));
  labels = {4, 4, 4, 4};
  CHECK(std::isnan(network.compute_gradients(loss, x, labels).mean()));
  CHECK(std::ranges::all_of(network.gradients(), [](double g) { return g == 0; }));
  labels[2] = -1;
  CHECK_THROWS_WITH_AS(network.compute_gradients(loss, x, labels),
                       "odot::CrossEntropy: label of sample 2: expected 0 to 3, found -1", ArgumentError);
}

TEST_CASE("every token of a sequence that has a label counts as a sample") {
  using Tokens = nn::Sequential<Shape<5, 3>, nn::Linear<4>>;
  constexpr std::size_t samples = 1024 / 5 + 8;
  const std::vector<std::int32_t> all = many_labels();
  std::vector<std::int32_t> labels(all.begin(), all.begin() + 5 * samples);
  const auto check = [&](const nn::CrossEntropy& loss) {
    Network<Tokens, Cpu, double> network{Seed{1}, nn::init::normal(1)};
    Network<Logits, Cpu, double> flat{Seed{1}, nn::init::normal(1)};
    std::ranges::copy(network.parameters(), flat.parameters().begin());
    Batch<Shape<5, 3>, double> x(samples);
    std::ranges::copy(hash_uniform(x.size(), 0), x.data());
    const nn::LossSums sums = network.compute_gradients(loss, x, labels);
    const nn::LossSums expected = flat.compute_gradients(loss, {x.data(), 5 * samples}, labels);
    CHECK(std::abs(sums.mean() - expected.mean()) <= 1e-14);
    CHECK(sums.samples == expected.samples);
    CHECK(sums.correct == expected.correct);
    CHECK(sums.weight == expected.weight);
    CHECK(std::ranges::any_of(network.gradients(), [](double g) { return std::abs(g) > 1e-3; }));
    CHECK(difference(network.gradients(), flat.gradients(), 1e-14) == "");
  };
  check({.label_smoothing = 0.1, .class_weights = {0.5, 2, 0, 3}, .ignore_index = none});
  check({.ignore_index = none});
  for (std::int32_t& label : labels) label = (std::max)(label, 0);
  check({});
  check({.label_smoothing = 0.1});
}

TEST_CASE("every pixel that has a label counts as a sample, with the loss of its logits") {
  using Planes = Shape<4, 3, 37>;
  constexpr std::size_t samples = 5, plane = 3 * 37;
  Workspace<Cpu> workspace(2);
  std::vector<std::int32_t> labels(samples * plane);
  for (std::size_t i = 0; i < labels.size(); ++i) labels[i] = i % 3 == 0 ? none : static_cast<std::int32_t>(i * 5 % 4);
  Batch<Planes, double> y(samples), dy(samples);
  Batch<Shape<4>, double> pixels(samples * plane), expected(samples * plane);
  std::ranges::copy(hash_uniform(y.size(), 0), y.data());
  const auto place = [](std::size_t pixel, std::size_t k) { return (pixel / plane * 4 + k) * plane + pixel % plane; };
  for (std::size_t pixel = 0; pixel < samples * plane; ++pixel) {
    if (pixel % 7 == 0)  // equal logits: the first one counts as the largest
      for (std::size_t k = 0; k < 4; ++k) y.data()[place(pixel, k)] = k == 0 ? -1 : 2;
    for (std::size_t k = 0; k < 4; ++k) pixels.data()[pixel * 4 + k] = y.data()[place(pixel, k)];
  }
  const auto check = [&](const nn::CrossEntropy& loss) {
    std::ranges::fill(dy.span(), 9);
    nn::LossSums found, wanted, without;
    const BatchView<Planes, const double> planes = std::as_const(y).view();
    loss.evaluate(workspace, planes, labels, static_cast<double>(plane), dy.view(), &found);
    loss.evaluate(workspace, planes, labels, 1.0, BatchView<Planes, double>(), &without);
    const double each = loss.weighted() ? static_cast<double>(plane) : 1;
    loss.evaluate(workspace, BatchView<Shape<4>, const double>(std::as_const(pixels).view()), labels, each,
                  expected.view(), &wanted);
    CHECK(std::abs(found.loss - wanted.loss) <= 1e-12 * wanted.loss);
    CHECK(found.loss == without.loss);
    CHECK(found.samples == wanted.samples);
    CHECK(found.correct == wanted.correct);
    CHECK(found.correct > 20);
    CHECK(std::abs(found.mean() - wanted.mean()) <= 1e-12);
    std::vector<double> gradient;
    for (std::size_t pixel = 0; pixel < samples * plane; ++pixel)
      for (std::size_t k = 0; k < 4; ++k) gradient.push_back(dy.data()[place(pixel, k)]);
    CHECK(difference(gradient, expected.span(), 1e-12) == "");
  };
  check({.label_smoothing = 0.1, .class_weights = {0.5, 2, 0, 3}, .ignore_index = none});
  check({.ignore_index = none});
  for (std::int32_t& label : labels) label = (std::max)(label, 0);
  check({});
  check({.label_smoothing = 0.1});
  labels[3 * plane + 40] = 4;
  const nn::CrossEntropy loss;
  nn::LossSums sums;
  const BatchView<Planes, const double> planes = std::as_const(y).view();
  CHECK_THROWS_WITH_AS(loss.evaluate(workspace, planes, labels, 1.0, dy.view(), &sums),
                       "odot::CrossEntropy: label of pixel 40 of sample 3: expected 0 to 3, found 4", ArgumentError);
}

TEST_CASE("a network's gradient is that of the mean over its pixels") {
  using Segmenter = nn::Sequential<Shape<2, 3, 5>, nn::Conv2d<3, nn::Conv2dOptions{.kernel_size = 1}>>;
  Network<Segmenter, Cpu, double> network{Seed{1}, nn::init::normal(1)};
  Batch<Shape<2, 3, 5>, double> x(20);
  std::ranges::copy(hash_uniform(x.size(), 0), x.data());
  std::vector<std::int32_t> labels(20 * 15);
  for (std::size_t i = 0; i < labels.size(); ++i) labels[i] = i % 4 == 0 ? none : static_cast<std::int32_t>(i * 7 % 3);
  const nn::CrossEntropy loss{.label_smoothing = 0.1, .class_weights = {0.5, 2, 3}, .ignore_index = none};
  const auto mean = [&] { return network.compute_gradients(loss, x, labels).mean(); };
  mean();
  const std::vector<double> gradients(network.gradients().begin(), network.gradients().end());
  std::vector<double> differences;
  for (double& parameter : network.parameters()) {
    const double start = parameter;
    parameter = start + 1e-5;
    const double above = mean();
    parameter = start - 1e-5;
    differences.push_back((above - mean()) / 2e-5);
    parameter = start;
  }
  CHECK(difference(gradients, differences, 1e-7) == "");
  CHECK(std::abs(gradients[0]) > 1e-3);
}

TEST_CASE("pixels' logits of any size stay finite, and NaN shows in loss, gradient and hits") {
  Workspace<Cpu> workspace(1);
  Batch<Shape<2, 1, 3>> y(1, {1e4f, -1e30f, 0, -1e4f, 1e30f, std::nanf("")}), dy(1);
  nn::LossSums sums;
  const BatchView<Shape<2, 1, 3>, const float> view = std::as_const(y).view();
  nn::CrossEntropy{.ignore_index = 7}.evaluate(workspace, view, std::vector<std::int32_t>{1, 1, 7}, 1.0, dy.view(),
                                               &sums);
  CHECK(sums.loss == doctest::Approx(2e4));
  CHECK(sums.correct == 1);
  CHECK(std::vector<float>(dy.data(), dy.data() + 2) == std::vector<float>{1, 0});
  sums = {};
  nn::CrossEntropy{}.evaluate(workspace, view, std::vector<std::int32_t>{0, 1, 0}, 1.0, dy.view(), &sums);
  CHECK(std::isnan(sums.loss));
  CHECK(sums.correct == 2);
  CHECK(std::isnan(dy.data()[2]));
}

TEST_CASE("soft targets of one class are that class's label; the most probable one counts as the label") {
  Workspace<Cpu> workspace(1);
  Batch<Shape<9>, double> y(2);
  std::ranges::copy(hash_uniform(18, 0), y.data());
  const auto best = std::max_element(y.data(), y.data() + 9) - y.data();
  std::vector<double> shares(18);
  shares[static_cast<std::size_t>(best)] = 1;
  shares[9 + 2] = 0.5;
  shares[9 + 7] = 0.5;  // the first one counts
  Batch<Shape<9>, double> soft(2), hard(2);
  nn::LossSums of_soft, of_hard;
  const BatchView<Shape<9>, const double> view = std::as_const(y).view();
  nn::SoftCrossEntropy{}.evaluate(workspace, view, shares, 1.0, soft.view(), &of_soft);
  const std::vector<std::int32_t> labels{static_cast<std::int32_t>(best), 2};
  nn::CrossEntropy{}.evaluate(workspace, view, labels, 1.0, hard.view(), &of_hard);
  CHECK(of_soft.correct == of_hard.correct);
  CHECK(of_soft.samples == 2);
  CHECK(difference(soft.span().first(9), hard.span().first(9), 1e-14) == "");
}

TEST_CASE("logits and differences of any size give finite losses, and infinite ones are noticed") {
  Workspace<Cpu> workspace(1);
  constexpr float nan = std::numeric_limits<float>::quiet_NaN(), infinity = std::numeric_limits<float>::infinity();
  Batch<Shape<6>> y(1, {1e4f, -1e4f, 200, -200, 0, 1e-30f});
  const std::vector<float> targets{0, 1, 1, 0, 1, 0};
  Batch<Shape<6>> dy(1);
  nn::LossSums sums;
  const BatchView<Shape<6>, const float> view = y.view();
  nn::BinaryCrossEntropy{}.evaluate(workspace, view, targets, 6.0, dy.view(), &sums);
  CHECK(std::abs(sums.loss - (2e4 + 2 * std::log(2.0)) / 6) <= 1e-3);
  CHECK(difference(dy.span(), std::vector<double>{1, -1, 0, 0, -0.5, 0.5}, 1e-6) == "");
  const std::vector<float> wild{nan, infinity, -infinity, 1e30f, -1e30f, 0};
  std::ranges::copy(wild, y.data());
  for (const double delta : {1.0, 1e-3}) {
    sums = {};
    nn::Huber{delta}.evaluate(workspace, view, std::vector<float>(6), 6.0, dy.view(), &sums);
    CHECK(std::isnan(sums.loss));
    CHECK(std::isnan(dy.data()[0]));
    const auto d = static_cast<float>(delta);
    CHECK(std::vector<float>(dy.data() + 1, dy.data() + 6) == std::vector<float>{d, -d, d, -d, 0});
  }
}

TEST_CASE("options out of range are refused") {
  Workspace<Cpu> workspace(1);
  const Batch<Shape<3>> y(1);
  nn::LossSums sums;
  const BatchView<Shape<3>, const float> view = y.view();
  const BatchView<Shape<3>, float> no_gradient;
  const std::vector<std::int32_t> labels{0};
  const auto evaluate = [&](const nn::CrossEntropy& loss) {
    loss.evaluate(workspace, view, labels, 1.0, no_gradient, &sums);
  };
  CHECK_THROWS_WITH_AS(evaluate({.label_smoothing = 1.5}),
                       "odot::nn: label_smoothing: expected a number from 0 to 1, found 1.5", ArgumentError);
  CHECK_THROWS_AS(evaluate({.label_smoothing = std::nan("")}), ArgumentError);
  CHECK_THROWS_WITH_AS(evaluate({.class_weights = {1, 2}}),
                       "odot::nn::CrossEntropy: expected a weight for each of 3 classes, found 2", ArgumentError);
  CHECK_THROWS_AS((nn::ClassWeights{1, -1}), ArgumentError);
  CHECK_THROWS_AS((nn::ClassWeights{std::numeric_limits<double>::infinity()}), ArgumentError);
  const std::vector<float> numbers(3);
  CHECK_THROWS_AS(nn::Huber{0}.evaluate(workspace, view, numbers, 1.0, no_gradient, &sums), ArgumentError);
  CHECK_THROWS_AS(
      (nn::BinaryCrossEntropy{.pos_weight = {1, 2}}.evaluate(workspace, view, numbers, 1.0, no_gradient, &sums)),
      ArgumentError);
  CHECK(sums.samples == 0);
}
