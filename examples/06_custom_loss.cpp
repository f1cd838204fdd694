// SPDX-License-Identifier: MIT
// Your own loss, with a number of its own: cross-entropy with label smoothing.

#include "program.hpp"

#include <odot/odot.hpp>

#include <algorithm>
#include <cmath>
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
  static constexpr std::size_t targets = 1;  // a sample

  template <class Y, class DY>
  void evaluate(auto& /*workspace*/, Y y, std::span<const std::int32_t> labels, double scale, DY dy,
                nn::LossSums* sums) const {
    constexpr std::size_t classes = Y::shape::size;
    for (std::size_t n = 0; n < y.samples(); ++n) {
      const std::span logits(y[n].data(), classes);
      const auto largest = std::ranges::max_element(logits);
      double sum = 0;
      for (const auto logit : logits) sum += std::exp(static_cast<double>(logit - *largest));
      const double log_sum = static_cast<double>(*largest) + std::log(sum);
      for (std::size_t k = 0; k < classes; ++k) {
        const bool is_label = static_cast<std::size_t>(labels[n]) == k;
        const double share = (is_label ? 1 - epsilon : 0) + epsilon / classes;
        const double log_probability = static_cast<double>(logits[k]) - log_sum;
        sums->loss -= share * log_probability;
        if (dy) dy[n][k] = static_cast<typename DY::scalar>(scale * (std::exp(log_probability) - share));
      }
      sums->correct += largest - logits.begin() == labels[n];
      ++sums->samples;
    }
  }
};

int train_with_and_without() {
  using Model = nn::Sequential<Shape<1, 28, 28>, nn::Flatten, nn::Linear<10>>;  // logits
  const auto [train, test] = data::synthetic<Shape<1, 28, 28>>(Seed{1}, 2'000, 500);
  const FitOptions options{.epochs = 5, .batch_size = 100};
  for (const double epsilon : {0.0, 0.1}) {
    Network<Model> network{Seed{1}};
    optim::Adam adam;
    const SmoothedCrossEntropy loss{.epsilon = epsilon};
    const TrainingReport report = fit(network, adam, loss, train, test, options);
    const nn::LossSums plain = evaluate<nn::CrossEntropy>(network, network.workspace(), test);
    std::printf("label smoothing %.1f: loss %.4f, accuracy %.1f %%, cross-entropy %.4f\n", epsilon, report.test_loss,
                report.accuracy, plain.loss / static_cast<double>(plain.samples));
  }
  return 0;
}

int main(int argc, char** argv) {
  return program::run(argc, argv, "Trains with your own loss: cross-entropy with and without label smoothing.",
                      train_with_and_without);
}
