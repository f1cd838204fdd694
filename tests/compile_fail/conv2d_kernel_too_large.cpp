// expect: odot::nn::Conv2d: kernel must not exceed the padded input; add padding or shrink the kernel
// SPDX-License-Identifier: MIT
#include <odot/odot.hpp>

using Model =
    odot::nn::Sequential<odot::Shape<1, 28, 2>, odot::nn::Conv2d<4, odot::nn::Conv2dOptions{.kernel_size = 3}>>;

int main() {
  odot::Network<Model> network{odot::Seed{1}};
  const odot::Batch<odot::Shape<1, 28, 2>> images(4);
  return network.predict(images).samples() == 4 ? 0 : 1;
}
