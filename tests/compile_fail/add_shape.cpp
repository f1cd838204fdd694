// expect: odot::nn::Add: the outputs of all branches must have the same shape
// SPDX-License-Identifier: MIT
#include <odot/odot.hpp>

using Model =
    odot::nn::Sequential<odot::Shape<6>, odot::nn::Add<odot::nn::Linear<3>, odot::nn::Linear<4>>, odot::nn::ReLU>;

int main() {
  odot::Network<Model> network{odot::Seed{1}};
  const odot::Batch<odot::Shape<6>> samples(4);
  return network.predict(samples).samples() == 4 ? 0 : 1;
}
