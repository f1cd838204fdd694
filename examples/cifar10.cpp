// SPDX-License-Identifier: MIT
// Trains the models of "Element-Wise Attention Layers" on CIFAR-10: the control model and the attention model.

#include "trainer_main.hpp"

using namespace odot;

int main(int argc, char** argv) {
  using Image = models::Cifar10Image;
  using trainer::run;
  const std::vector<trainer::Choice<Image>> choices{
      {"attention", "8 heads, 4 layers", {80.89, 41.81, 1e-4}, run<models::Cifar10Attention>},
      {"control", "the VGG-like control model", {42.56, 67.12, 0.0062}, run<models::Control<Image>>},
  };
  return trainer::main<Image>(argc, argv, "cifar-10-batches-bin", {.model = "attention", .batch_size = 1024}, choices,
                              data::load_cifar10);
}
