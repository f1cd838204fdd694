// expect: odot::Network::classify: the model's output must be rank 1, [classes]
// SPDX-License-Identifier: MIT
#include <odot/odot.hpp>

int main() {
  const odot::Network<odot::nn::Sequential<odot::Shape<1, 4, 4>, odot::nn::ReLU>> network{odot::Seed{1}};
  return static_cast<int>(network.classify(odot::Batch<odot::Shape<1, 4, 4>>(2)).size());
}
