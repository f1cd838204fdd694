// expect: odot::nn::Concat: the outputs of all branches must have the same rank
// SPDX-License-Identifier: MIT
#include <odot/odot.hpp>

using Model =
    odot::nn::Sequential<odot::Shape<1, 4, 4>, odot::nn::Concat<odot::nn::Identity, odot::nn::Flatten>, odot::nn::ReLU>;

int main() {
  odot::Network<Model> network{odot::Seed{1}};
  const odot::Batch<odot::Shape<1, 4, 4>> samples(4);
  return network.predict(samples).samples() == 4 ? 0 : 1;
}
