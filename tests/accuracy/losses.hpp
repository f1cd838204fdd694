#pragma once
// SPDX-License-Identifier: MIT
// Rows of docs/accuracy.md: losses, by the size of outputs and by the number of classes and samples.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "accuracy/probe.hpp"
#include "odot/core/buffer.hpp"
#include "odot/nn/loss.hpp"

namespace odot::test {

/// A device's copy of numbers, as numbers of type T.
template <class T, DeviceType Device, class Values>
Buffer<T, Device> on_device(const Values& values) {
  std::vector<T> host;
  for (const auto value : values) host.push_back(static_cast<T>(value));
  Buffer<T, Device> copy(host.size());
  copy.from_host(host.data());
  return copy;
}

/// |actual − expected| / |expected| of numbers that are doubles in either scalar.
inline double relative_error(double actual, double expected) {
  if (!std::isfinite(actual)) return std::numeric_limits<double>::infinity();
  return std::abs(actual - expected) / std::max(std::abs(expected), std::numeric_limits<double>::min());
}

/// The sum over samples, and the gradient of their mean.
template <class Scalar>
struct LossResult {
  double loss = 0;
  std::vector<Scalar> gradient;
};

template <class Loss, ShapeType Out, class Scalar, DeviceType Device, class Targets>
LossResult<Scalar> loss_of(const Loss& loss, const std::vector<float>& outputs, const Targets& targets) {
  using Target = typename Loss::template target<Scalar>;
  const std::size_t samples = outputs.size() / Out::size;
  Workspace<Device> workspace;
  const Buffer<Scalar, Device> y = on_device<Scalar, Device>(outputs);
  const Buffer<Target, Device> wanted = on_device<Target, Device>(targets);
  Buffer<Scalar, Device> dy(y.size());
  Buffer<nn::LossSums, Device> sums(1);
  loss.evaluate(workspace, BatchView<Out, const Scalar, Device>(y.data(), samples), wanted.span(),
                1 / static_cast<double>(samples), BatchView<Out, Scalar, Device>(dy.data(), samples), sums.data());
  return {sums.to_host()[0].loss, dy.to_host()};
}

template <class Loss, ShapeType Out, class Device, class Targets>
void check_loss(const Row& row, const std::vector<float>& outputs, const Targets& targets, const Loss& loss = {}) {
  if (row.work > most_work()) return;
  const auto expected = loss_of<Loss, Out, double, Cpu>(loss, outputs, targets);
  const auto actual = loss_of<Loss, Out, float, typename Device::device>(loss, outputs, targets);
  check_errors(row, Device::name,
               {.y = relative_error(actual.loss, expected.loss),
                .dx = relative_error(actual.gradient, expected.gradient, row.gradient_floor())});
}

/// `count` numbers of `size` times those in [−1, 1).
inline std::vector<float> numbers(double size, std::size_t count, std::size_t start = 0) {
  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; ++i) values[i] = static_cast<float>(size * hash_uniform(start + i));
  return values;
}

inline std::vector<std::int32_t> labels(std::size_t samples, std::size_t classes) {
  std::vector<std::int32_t> values(samples);
  for (std::size_t n = 0; n < samples; ++n) values[n] = static_cast<std::int32_t>(n * 5 % classes);
  return values;
}

/// `terms`: of the longest sum, over the classes or over the samples too.
template <std::size_t K, class Device>
void check_cross_entropy(double size, std::size_t samples, std::size_t terms = K) {
  const double work = terms < 1'000'000 ? 0 : 10 * static_cast<double>(terms);
  check_loss<nn::CrossEntropy, Shape<K>, Device>({"CrossEntropy", size, terms, 1e-6, 5e-6, 0, work},
                                                 numbers(size, samples * K), labels(samples, K));
}

/// Over up to `longest` samples.
template <class Device>
void losses_of_labels(std::size_t longest) {
  for (const double size : {1e-30, 1e-3, 1.0, 30.0, 1e3, 1e10, 1e30}) {
    check_cross_entropy<10, Device>(size, 21);
    check_cross_entropy<100'000, Device>(size, 2);
    std::vector<float> log_probabilities = numbers(size, 210);
    for (float& y : log_probabilities) y = -std::abs(y);
    check_loss<nn::NegativeLogLikelihood, Shape<10>, Device>({"NegativeLogLikelihood", size, 21, 1e-12, 1e-7},
                                                             log_probabilities, labels(21, 10));
  }
  for (std::size_t samples = 10'000; samples <= longest; samples *= 100) {
    check_cross_entropy<10, Device>(1, samples, 10 * samples);
    check_loss<nn::NegativeLogLikelihood, Shape<2>, Device>(
        {"NegativeLogLikelihood", 1, samples, 1e-12, 1e-7, 0, 10 * static_cast<double>(samples)},
        numbers(1, 2 * samples), labels(samples, 2));
  }
}

/// Outputs and targets of `size`, as many as `terms`.
template <class Device>
void check_regression(double size, std::size_t terms) {
  const std::vector<float> outputs = numbers(size, terms), targets = numbers(size, terms, terms);
  const double work = terms < 1'000'000 ? 0 : 10 * static_cast<double>(terms);
  check_loss<nn::MeanSquaredError, Shape<1>, Device>({"MeanSquaredError", size, terms, 5e-7, 5e-7, 0, work}, outputs,
                                                     targets);
  check_loss<nn::MeanAbsoluteError, Shape<1>, Device>({"MeanAbsoluteError", size, terms, 5e-7, 2e-7, 0, work}, outputs,
                                                      targets);
}

/// Up to `longest` of them.
template <class Device>
void losses_of_numbers(std::size_t longest) {
  for (const double size : {1e-30, 1e-10, 1e-3, 1.0, 1e3, 1e10, 1e30}) check_regression<Device>(size, 100);
  for (const std::size_t terms : {1u, 100'000u, 1'000'000u, 10'000'000u})
    if (terms <= longest) check_regression<Device>(1, terms);
}

/// Label smoothing, class weights, one label per token.
template <class Device>
void losses_with_options() {
  using K = Shape<10>;
  const nn::ClassWeights weights{1, 2, 0.5, 1, 3, 1, 0.25, 1, 1, 4};
  for (const double size : {1e-30, 1e-3, 1.0, 30.0, 1e3, 1e10, 1e30}) {
    const Row smoothed{"CrossEntropy, label smoothing 0.1", size, 10, 1e-6, 5e-6};
    check_loss<nn::CrossEntropy, K, Device>(smoothed, numbers(size, 210), labels(21, 10), {.label_smoothing = 0.1});
    const Row weighted{"CrossEntropy, class weights", size, 10, 1e-6, 5e-6};
    check_loss<nn::CrossEntropy, K, Device>(weighted, numbers(size, 210), labels(21, 10), {.class_weights = weights});
    const Row tokens{"CrossEntropy, of tokens", size, 10, 1e-6, 5e-6};
    check_loss<nn::CrossEntropy, Shape<3, 10>, Device>(tokens, numbers(size, 210), labels(21, 10));
  }
}

/// Probabilities as targets.
inline std::vector<float> probabilities(std::size_t count) {
  std::vector<float> values = numbers(0.5, count, count);
  for (float& value : values) value += 0.5f;
  return values;
}

template <class Device>
void check_binary(double size, std::size_t terms) {
  check_loss<nn::BinaryCrossEntropy, Shape<1>, Device>({"BinaryCrossEntropy", size, terms, 5e-7, 5e-7},
                                                       numbers(size, terms), probabilities(terms));
  check_loss<nn::Huber, Shape<1>, Device>({"Huber", size, terms, 5e-7, 5e-7}, numbers(size, terms),
                                          numbers(size, terms, terms));
}

template <class Device>
void losses_of_probabilities() {
  for (const double size : {1e-30, 1e-10, 1e-3, 1.0, 30.0, 1e3, 1e10, 1e30}) check_binary<Device>(size, 100);
  for (const std::size_t terms : {1u, 100'000u}) check_binary<Device>(1, terms);
}

}  // namespace odot::test
