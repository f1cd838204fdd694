// expect: odot::nn::Residual: the layers' output must have the input's shape
// SPDX-License-Identifier: MIT
#include <odot/odot.hpp>

using Model = odot::nn::Sequential<odot::Shape<1, 28, 28>, odot::nn::Residual<odot::nn::Conv2d<4>>>;

int main() {
  odot::Network<Model> network{odot::Seed{1}};
  const odot::Batch<odot::Shape<1, 28, 28>> images(4);
  return network.predict(images).samples() == 4 ? 0 : 1;
}
