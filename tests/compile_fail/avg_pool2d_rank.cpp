// expect: odot::nn::AvgPool2d: input must be rank 3, [channels, height, width]
// SPDX-License-Identifier: MIT
#include <odot/odot.hpp>

using Model = odot::nn::Sequential<odot::Shape<784>, odot::nn::AvgPool2d<4>, odot::nn::ReLU>;

int main() {
  odot::Network<Model> network{odot::Seed{1}};
  const odot::Batch<odot::Shape<784>> images(4);
  return network.predict(images).samples() == 4 ? 0 : 1;
}
