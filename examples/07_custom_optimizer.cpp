// SPDX-License-Identifier: MIT
// Your own optimizer, on the Cpu and on a Gpu: Lion, compared with Adam.

#include "device.hpp"
#include "program.hpp"

#include <cstdio>

using namespace odot;

/// u = sign(β₁ m + (1 − β₁) g);  p −= learning_rate · (u + weight_decay · p);  m = β₂ m + (1 − β₂) g
/// Source  Chen et al., "Symbolic discovery of optimization algorithms", 2023, algorithm 2
class Lion {
 public:
  explicit Lion(double learning_rate = 3e-4) : learning_rate_(learning_rate) {}

  void step(auto& network, double factor = 1) {
    const auto p = network.all_parameters(), g = network.all_gradients();
    if (moment_.samples() == 0) moment_ = 0 * g;
    const auto m = moment_.view();
    const auto direction = sign(beta1 * m + (1 - beta1) * g);
    assign(p, p - learning_rate_ * factor * (direction + weight_decay * p), m, beta2 * m + (1 - beta2) * g);
  }

 private:
  static constexpr double beta1 = 0.9, beta2 = 0.99, weight_decay = 1e-2;

  double learning_rate_;
  Batch<Shape<1>, float, OnDevice> moment_;  // of every parameter
};

int compare() try {
  using Model = nn::Sequential<Shape<1, 28, 28>, nn::Flatten, nn::Linear<64>, nn::ReLU, nn::Linear<10>, nn::LogSoftmax>;
  const auto [train, test] = data::synthetic<Shape<1, 28, 28>>(Seed{1}, 2'000, 500);
  const auto train_by = [&](const char* name, auto optimizer) {
    Network<Model, OnDevice> network{Seed{1}, nn::init::kaiming()};
    const TrainingReport report = fit(network, optimizer, train, test, {.epochs = 8, .batch_size = 50});
    std::printf("%s on the %s: loss %.4f, accuracy %.1f %%\n", name, OnDevice::name, report.test_loss, report.accuracy);
  };
  train_by("Adam", optim::Adam());
  train_by("Lion", Lion());
  return 0;
} catch (const DeviceError& error) {
  return program::fail(77, error.what());  // CTest counts 77 as skipped
}

int main(int argc, char** argv) {
  return program::run(argc, argv, "Trains with your own optimizer, Lion, and with Adam.", compare);
}
