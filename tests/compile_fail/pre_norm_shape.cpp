// expect: odot::nn::Residual: the layers' output must have the input's shape
// SPDX-License-Identifier: MIT
#include <odot/odot.hpp>

using Input = odot::Shape<4, 16>;
using Model = odot::nn::Sequential<Input, odot::nn::PreNorm<odot::nn::Linear<8>>>;

int main() {
  odot::Network<Model> network{odot::Seed{1}};
  const odot::Batch<Input> x(4);
  return network.predict(x).samples() == 4 ? 0 : 1;
}
