// SPDX-License-Identifier: MIT
// What compile_time.py compiles: a perceptron, Adam, one training step, one prediction.

#include <torch/torch.h>

using namespace torch::nn;

int main() {
  Sequential network(Linear(784, 128), ReLU(), Linear(128, 10), LogSoftmax(1));
  torch::optim::Adam adam(network->parameters(), 1e-3);
  const torch::Tensor x = torch::zeros({64, 784}), labels = torch::ones({64}, torch::kInt64);
  torch::nll_loss(network->forward(x), labels).backward();
  adam.step();
  const c10::InferenceMode guard;
  return network->forward(x).size(0) == 64 ? 0 : 1;
}
