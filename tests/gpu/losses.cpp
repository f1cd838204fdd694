// SPDX-License-Identifier: MIT
// The losses on the Gpu against the Cpu: sums and gradients, in double and in float.

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "odot/gpu.hpp"
#include "odot/odot.hpp"
#include "support/difference.hpp"
#include "support/gpu_layer.hpp"
#include "support/hash_uniform.hpp"

using namespace odot;
using namespace odot::test;

namespace {

template <class Scalar>
struct LossResult {
  nn::LossSums sums;
  std::vector<Scalar> gradient;
};

/// The loss of outputs on a device; sums that were there before are added to.
template <class Loss, ShapeType Out, DeviceType Device, class Scalar, class Target>
LossResult<Scalar> loss_of(const std::vector<Scalar>& outputs, const std::vector<Target>& targets,
                           bool with_gradient = true, const Loss& loss = {}) {
  Workspace<Device> workspace;
  Buffer<Scalar, Device> y(outputs.size()), dy(outputs.size());
  Buffer<Target, Device> wanted(targets.size());
  Buffer<nn::LossSums, Device> sums(1);
  const nn::LossSums before{.loss = 0.5, .correct = 2, .samples = 3};
  y.from_host(outputs.data());
  wanted.from_host(targets.data());
  sums.from_host(&before);
  const std::size_t samples = outputs.size() / Out::size;
  BatchView<Out, Scalar, Device> gradient;
  if (with_gradient) gradient.rebind({dy.data(), samples});
  const std::span<const Target> all = wanted.span();
  loss.evaluate(workspace, BatchView<Out, const Scalar, Device>(y.data(), samples), all, 0.25, gradient, sums.data());
  return {sums.to_host()[0], dy.to_host()};
}

template <class Loss, ShapeType Out, class Scalar, class CpuTarget, class GpuTarget>
void check_loss(std::size_t samples, const std::vector<CpuTarget>& targets, const std::vector<GpuTarget>& same,
                double tolerance, const Loss& loss = {}) {
  CAPTURE(samples);
  CAPTURE(sizeof(Scalar));
  const std::vector<float> outputs = hash_uniform<float>(samples * Out::size, 5);  // numbers of either scalar
  const std::vector<double> in_double(outputs.begin(), outputs.end());
  const std::vector<Scalar> in_scalar(outputs.begin(), outputs.end());
  const auto expected = loss_of<Loss, Out, Cpu>(in_double, targets, true, loss);
  for (const bool with_gradient : {true, false}) {
    const auto actual = loss_of<Loss, Out, Gpu>(in_scalar, same, with_gradient, loss);
    CHECK(actual.sums.labelled == expected.sums.labelled);
    CHECK(std::abs(actual.sums.loss - expected.sums.loss) <= tolerance * std::abs(expected.sums.loss));
    CHECK(actual.sums.correct == expected.sums.correct);
    CHECK(actual.sums.samples == expected.sums.samples);
    CHECK(actual.sums.weighted == expected.sums.weighted);
    CHECK(std::abs(actual.sums.weight - expected.sums.weight) <= 1e-12 * expected.sums.weight);
    if (with_gradient) CHECK(difference(actual.gradient, expected.gradient, tolerance) == "");
    else CHECK(actual.gradient == std::vector<Scalar>(outputs.size()));
  }
}

/// A loss of numbers as expressions: mean (y − target)⁴.
struct MeanFourthPower {
  template <class Scalar>
  using target = Scalar;
  template <ShapeType Output>
  static constexpr std::size_t targets = Output::size;  // per sample

  template <class Y>
  static void evaluate(auto& /*workspace*/, Y y, std::span<const typename Y::scalar> numbers, double scale, auto dy,
                       nn::LossSums* sums) {
    using Targets = BatchView<typename Y::shape, const typename Y::scalar, typename Y::device>;
    const auto off = y - Targets(numbers.data(), y.samples());
    nn::add_losses(sums, mean(square(square(off))));
    dy = scale * 4 / Y::shape::size * off * square(off);
  }
};

template <class Loss, ShapeType Out>
void check_classes(std::size_t samples, const Loss& loss = {}) {
  std::vector<std::int32_t> labels;
  for (std::size_t n = 0; n < samples; ++n) labels.push_back(static_cast<std::int32_t>(n * 5 % Out::size));
  if (nn::detail::ignores(loss, -1)) labels[samples / 2] = -1;
  check_loss<Loss, Out, double>(samples, labels, labels, 1e-13, loss);
  check_loss<Loss, Out, float>(samples, labels, labels, 1e-6, loss);
}

template <class Loss, ShapeType Out>
void check_numbers(std::size_t samples, const Loss& loss = {}) {
  std::vector<float> targets = hash_uniform<float>(samples * Out::size, 900);
  if constexpr (requires { Loss::counts_hits; })  // probabilities
    for (float& target : targets) target = (target + 1) / 8;
  else targets[1] = hash_uniform<float>(2, 5)[1];  // no difference at all
  const std::vector<double> in_double(targets.begin(), targets.end());
  check_loss<Loss, Out, double>(samples, in_double, in_double, 1e-13, loss);
  check_loss<Loss, Out, float>(samples, in_double, targets, 1e-6, loss);
}

}  // namespace

TEST_CASE("cross-entropy matches the Cpu's") {
  for (const std::size_t samples : {1u, 6u, 5000u}) check_classes<nn::CrossEntropy, Shape<7>>(samples);
}

TEST_CASE("negative log-likelihood matches the Cpu's") {
  for (const std::size_t samples : {6u, 5000u}) check_classes<nn::NegativeLogLikelihood, Shape<7>>(samples);
}

TEST_CASE("squared and absolute errors match the Cpu's") {
  for (const std::size_t samples : {1u, 6u, 900u}) {
    check_numbers<nn::MeanSquaredError, Shape<3, 5>>(samples);
    check_numbers<nn::MeanAbsoluteError, Shape<3, 5>>(samples);
  }
}

TEST_CASE("a loss of numbers written as expressions matches the Cpu's") {
  for (const std::size_t samples : {1u, 6u, 900u}) check_numbers<MeanFourthPower, Shape<3, 5>>(samples);
}

TEST_CASE("losses with options match the Cpu's") {
  const nn::ClassWeights weights{0.5, 2, 0, 1.25, 4, 1, 0.75};
  for (const std::size_t samples : {6u, 900u}) {
    check_classes<nn::CrossEntropy, Shape<7>>(samples, {.label_smoothing = 0.1});
    check_classes<nn::CrossEntropy, Shape<7>>(samples,
                                              {.label_smoothing = 0.3, .class_weights = weights, .ignore_index = -1});
    check_classes<nn::NegativeLogLikelihood, Shape<7>>(samples, {.class_weights = weights, .ignore_index = -1});
    const std::vector<std::int32_t> tokens(5 * samples, 4);
    check_loss<nn::CrossEntropy, Shape<5, 7>, double>(samples, tokens, tokens, 1e-13);
    check_loss<nn::CrossEntropy, Shape<5, 7>, float>(samples, tokens, tokens, 1e-6, {.class_weights = weights});
    std::vector<std::int32_t> pixels(15 * samples);
    for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<std::int32_t>(i * 5 % 8) - 1;
    const nn::CrossEntropy some{.label_smoothing = 0.3, .class_weights = weights, .ignore_index = -1};
    check_loss<nn::CrossEntropy, Shape<7, 3, 5>, double>(samples, pixels, pixels, 1e-12, some);
    check_loss<nn::CrossEntropy, Shape<7, 3, 5>, float>(samples, pixels, pixels, 1e-6, some);
    check_numbers<nn::SoftCrossEntropy, Shape<7>>(samples, {.label_smoothing = 0.2, .class_weights = weights});
    check_numbers<nn::BinaryCrossEntropy, Shape<7>>(samples, {.pos_weight = weights});
    check_numbers<nn::BinaryCrossEntropy, Shape<3, 5>>(samples, {.pos_weight = {2.5}});
    check_numbers<nn::Huber, Shape<3, 5>>(samples, {.delta = 0.4});
  }
}

TEST_CASE("gradients by weighted samples match the Cpu's") {
  using Model = nn::Sequential<Shape<3>, nn::Linear<4>>;
  const nn::CrossEntropy loss{.class_weights = {0.5, 2, 3, 1}, .ignore_index = 9};
  const std::vector<double> x = hash_uniform(37 * 3, 0);
  std::vector<std::int32_t> labels(37, 9);
  for (std::size_t n = 0; n < 37; n += 2) labels[n] = static_cast<std::int32_t>(n % 4);
  Network<Model, Cpu, double> cpu(Seed{3}, nn::init::normal(1));
  Network<Model, Gpu, double> device(Seed{3}, nn::init::normal(1));
  const auto gpu_x = on_gpu(x);
  const auto gpu_labels = on_gpu(labels);
  const nn::LossSums expected = cpu.compute_gradients(loss, {x.data(), 37}, labels);
  const nn::LossSums sums = device.compute_gradients(loss, {gpu_x.data(), 37}, gpu_labels.span());
  CHECK(std::abs(sums.mean() - expected.mean()) <= 1e-13);
  CHECK(sums.samples == 19);
  CHECK(difference(on_host<Gpu>(device.gradients()), cpu.gradients(), 1e-13) == "");
}

TEST_CASE("cross-entropy of logits far from zero is finite") {
  const std::vector<float> logits{1000, -1000, 0, -1000, -1001, -1002};
  const auto result = loss_of<nn::CrossEntropy, Shape<3>, Gpu>(logits, std::vector<std::int32_t>{1, 0});
  CHECK(std::abs(result.sums.loss - (0.5 + 2000 + 0.40760596444438)) < 1e-4);
  CHECK(result.gradient[0] == 0.25f);
  CHECK(result.gradient[1] == -0.25f);
}

TEST_CASE("a label without an output makes cross-entropy NaN") {
  const std::vector<float> logits(6);
  for (const std::int32_t label : {3, -1})
    CHECK(std::isnan(loss_of<nn::CrossEntropy, Shape<3>, Gpu>(logits, std::vector<std::int32_t>{0, label}).sums.loss));
}
