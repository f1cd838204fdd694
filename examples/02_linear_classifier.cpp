// SPDX-License-Identifier: MIT
// The smallest network: one linear layer, trained on the built-in synthetic images, used for a prediction.

#include "program.hpp"

#include <odot/odot.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdio>

using namespace odot;

using Classifier = nn::Sequential<Shape<1, 28, 28>, nn::Flatten, nn::Linear<10>, nn::LogSoftmax>;
static_assert(Classifier::parameter_count == 7'850);

int train_and_predict() {
  const auto [train, test] = data::synthetic<Shape<1, 28, 28>>(Seed{1}, 2'000, 500);

  Network<Classifier> network{Seed{1}};
  optim::Adam adam{{.learning_rate = 1e-2}};
  const TrainingReport report = fit(network, adam, train, test, {.epochs = 5, .batch_size = 100}, ProgressBar{});
  std::printf("accuracy %.1f %%: the classes can't be told apart by a linear function\n", report.accuracy);

  // predict is const and takes the caller's workspace, one per thread; nothing is allocated after the first call.
  const Batch<Shape<1, 28, 28>> image = data::batch_of(test.first(1));
  Batch<Shape<10>> log_probabilities(1);
  Workspace<> workspace;
  network.predict(image, log_probabilities, workspace);
  const auto row = log_probabilities[0].span();
  const auto predicted = static_cast<std::size_t>(std::max_element(row.begin(), row.end()) - row.begin());
  std::printf("first test image: a %s, predicted: %s\n",
              test.classes[static_cast<std::size_t>(test.targets[0])].c_str(), test.classes[predicted].c_str());
  return 0;
}

int main(int argc, char** argv) {
  return program::run(argc, argv, "Trains a linear classifier on synthetic images and predicts one.",
                      train_and_predict);
}
