// SPDX-License-Identifier: MIT
// Model B of "Element-Wise Attention Layers", assembled by hand: what it is made of, and one training step.

#include "program.hpp"

#include <odot/odot.hpp>

#include <cstdio>

using namespace odot;

// One attention-wise layer: heads of element-wise attention, a convolution that mixes them, a skip connection, ReLU.
// nn::AttentionWise<8> is short for it.
using Layer = nn::Sequential<
    nn::Named<"", nn::Residual<nn::Named<"heads", nn::AttentionHeads<8>>,                            // [8, 28, 28]
                               nn::Named<"conv", nn::Conv2d<1, nn::Conv2dOptions{.padding = 1}>>>>,  // [1, 28, 28]
    nn::ReLU>;

using ModelB = nn::Sequential<Shape<1, 28, 28>, Layer, Layer, nn::Flatten, nn::Linear<10>, nn::LogSoftmax>;
static_assert(ModelB::parameter_count == 33'084);  // known before the program runs
static_assert(ModelB::parameter_count == models::ModelB::parameter_count);

int build_and_train() {
  Network<ModelB> network{Seed{1}};
  std::printf("%zu parameters, %zu bytes of training memory per sample\n", network.parameter_count,
              network.training_memory_per_sample);
  for (const auto& info : network.parameter_table()) std::printf("  %-18s %6zu\n", info.name.c_str(), info.size);

  // The attention arrays have their own learning rate.
  optim::Adam adam{{.learning_rate = 1e-3}, {{"*.heads.weight_*", {.learning_rate = 1e-2}}}};
  const auto [train, test] = data::synthetic<Shape<1, 28, 28>>(Seed{1}, 256, 64);
  data::Loader batches(train, 64);
  for (std::size_t b = 0; b < batches.count(); ++b) {
    const auto batch = batches.load(b);
    const nn::LossSums sums = network.compute_gradients(batch.x, batch.targets);
    adam.step(network);
    std::printf("batch %zu: loss %.4f nats\n", b + 1, sums.mean());
  }
  return 0;
}

int main(int argc, char** argv) {
  return program::run(argc, argv, "Assembles model B by hand, lists its parameters and trains it for an epoch.",
                      build_and_train);
}
