// expect: odot::nn::MaxPool2d: windows must not exceed the padded input; choose a smaller kernel_size
// SPDX-License-Identifier: MIT
#include <odot/odot.hpp>

using Model = odot::nn::Sequential<odot::Shape<1, 3, 8>, odot::nn::MaxPool2d<4>, odot::nn::ReLU>;

int main() {
  odot::Network<Model> network{odot::Seed{1}};
  const odot::Batch<odot::Shape<1, 3, 8>> images(4);
  return network.predict(images).samples() == 4 ? 0 : 1;
}
