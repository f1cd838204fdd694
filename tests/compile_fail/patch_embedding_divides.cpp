// expect: odot::nn::PatchEmbedding: the patch must divide height and width; crop or pad the images
// SPDX-License-Identifier: MIT
#include <odot/odot.hpp>

using Input = odot::Shape<1, 28, 30>;
using Model = odot::nn::Sequential<Input, odot::nn::PatchEmbedding<7, 16>>;

int main() {
  odot::Network<Model> network{odot::Seed{1}};
  const odot::Batch<Input> x(4);
  return network.predict(x).samples() == 4 ? 0 : 1;
}
