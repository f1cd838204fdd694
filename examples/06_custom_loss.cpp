// SPDX-License-Identifier: MIT
// Your own loss, which carries a number, on the Cpu and on a Gpu: cross-entropy with label smoothing.

#include "device.hpp"
#include "program.hpp"

#include <cstdint>
#include <cstdio>
#include <span>

using namespace odot;

/// Mean cross-entropy of logits and smoothed labels: the label has probability 1 − ε + ε/K, every other class ε/K.
/// Grad    dy = scale · (softmax(y) − smoothed label)
/// Source  Szegedy et al., 2016; same convention as torch.nn.CrossEntropyLoss(label_smoothing=ε)
struct SmoothedCrossEntropy {
  double epsilon = 0.1;

  template <class Scalar>
  using target = std::int32_t;
  template <ShapeType Output>
  static constexpr std::size_t targets = 1;  // per sample

  template <class Y>
  void evaluate(auto& /*workspace*/, Y y, std::span<const std::int32_t> labels, double scale, auto dy,
                nn::LossSums* sums) const {
    using S = typename Y::scalar;
    constexpr std::size_t classes = Y::shape::size;
    const auto label = cast<S>(nn::label_batch(y, labels));
    const auto shifted = y - max<0>(y);
    const auto log_probability = shifted - log(sum<0>(exp(shifted)));
    const auto share = (1 - epsilon) * (label == arange<classes, S, typename Y::device>()) + epsilon / classes;

    nn::add_losses(sums, -sum<0>(share * log_probability), cast<S>(argmax<0>(y)) == label);
    dy = scale * (exp(log_probability) - share);
  }
};

int train_with_and_without() try {
  using Model = nn::Sequential<Shape<1, 28, 28>, nn::Flatten, nn::Linear<10>>;  // logits
  const auto [train, test] = data::synthetic<Shape<1, 28, 28>>(Seed{1}, 2'000, 500);
  const FitOptions options{.epochs = 5, .batch_size = 100};
  for (const double epsilon : {0.0, 0.1}) {
    Network<Model, OnDevice> network{Seed{1}};
    optim::Adam adam;
    const SmoothedCrossEntropy loss{.epsilon = epsilon};
    const TrainingReport report = fit(network, adam, loss, train, test, options);
    const nn::LossSums plain = evaluate<nn::CrossEntropy>(network, network.workspace(), test);
    std::printf("label smoothing %.1f: loss %.4f, accuracy %.1f %%, cross-entropy %.4f\n", epsilon, report.test_loss,
                report.accuracy, plain.mean());
  }
  return 0;
} catch (const DeviceError& error) {
  return program::fail(77, error.what());  // CTest counts 77 as skipped
}

int main(int argc, char** argv) {
  return program::run(argc, argv, "Trains with your own loss: cross-entropy with and without label smoothing.",
                      train_with_and_without);
}
