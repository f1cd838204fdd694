// SPDX-License-Identifier: MIT
// What compile_time.py compiles: a perceptron, Adam, one training step, one prediction.

#include <odot/odot.hpp>

using namespace odot;

using Model = nn::Sequential<Shape<784>, nn::Linear<128>, nn::ReLU, nn::Linear<10>, nn::LogSoftmax>;

int main() {
  Network<Model> network{Seed{1}};
  optim::Adam adam{{.learning_rate = 1e-3f}};
  Batch<Model::input_shape> x(64);
  const std::vector<std::int32_t> labels(64, 1);
  network.compute_gradients(x, labels);
  adam.step(network);
  return network.predict(x).samples() == 64 ? 0 : 1;
}
