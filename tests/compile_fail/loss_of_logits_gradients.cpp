// expect: takes log-probabilities, which the model does not end in; put nn::LogSoftmax last, or take nn::CrossEntropy, which takes logits, or say log_probabilities = true in your own last layer
// SPDX-License-Identifier: MIT
#include <odot/odot.hpp>

#include <cstdint>
#include <vector>

// A sum of log-probabilities and numbers is neither.
using Model = odot::nn::Sequential<odot::Shape<10>, odot::nn::Residual<odot::nn::LogSoftmax>, odot::nn::Flatten>;

int main() {
  odot::Network<Model> network{odot::Seed{1}};
  const odot::Batch<odot::Shape<10>> x(4);
  const std::vector<std::int32_t> labels(4);
  return network.compute_gradients(x, labels).samples == 4 ? 0 : 1;
}
