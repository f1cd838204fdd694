// SPDX-License-Identifier: MIT
// Training aids: a validation split, the range test, augmentation, label smoothing, one cycle, averaged weights, the
// best epoch, early stopping, and a report of the classes.

#include "device.hpp"
#include "program.hpp"

#include <cstdio>

using namespace odot;

using Model = nn::Sequential<Shape<1, 28, 28>, nn::Conv2d<8, nn::Conv2dOptions{.stride = 2, .padding = 1}>, nn::ReLU,
                             nn::Flatten, nn::Linear<32>, nn::ReLU, nn::Linear<10>>;

int train_with_aids() try {
  const auto [all, test] = data::synthetic<Shape<1, 28, 28>>(Seed{1}, 3'000, 1'000);
  const auto [train, validation] = data::validation_split(all, 0.2, Seed{1});
  Network<Model, OnDevice> network{Seed{1}};
  const nn::CrossEntropy loss{.label_smoothing = 0.1};

  optim::Adam adam{{.learning_rate = 0.01}};
  const LearningRateRange range = learning_rate_range(network, adam, loss, train, {.steps = 60, .batch_size = 64});
  std::printf("the loss falls fastest at a learning rate of about %.0e\n", range.steepest());

  const FitOptions options{.epochs = 12, .batch_size = 60, .schedule = optim::schedule::one_cycle(12 * 40)};
  WeightAverage average(network, {.decay = 0.98});
  KeepBest best(network, average, {.metric = "test_accuracy"});
  EarlyStopping stopping({.patience = 4});
  const TrainingReport report = fit(network, adam, loss, data::augmented(train, {.shift = 1, .cutout = 4}), validation,
                                    options, average, best, stopping);
  best.restore();
  std::printf("%zu epochs%s; the best was epoch %zu\n", report.epochs.size(),
              report.stopped_early ? ", stopped early" : "", best.epoch());

  const ClassificationReport classes = classification_report(network, network.workspace(), test, {.top = 2});
  std::printf("%s", classes.text(test.classes).c_str());
  return 0;
} catch (const DeviceError& error) {
  return program::fail(77, error.what());  // CTest counts 77 as skipped
}

int main(int argc, char** argv) {
  return program::run(argc, argv, "Trains with a validation split, augmentation, one cycle and averaged weights.",
                      train_with_aids);
}
