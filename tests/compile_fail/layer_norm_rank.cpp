// expect: odot::nn::LayerNorm: input must be rank 1 or 2, [features] or [tokens, features]
// SPDX-License-Identifier: MIT
#include <odot/odot.hpp>

using Input = odot::Shape<1, 4, 4>;
using Model = odot::nn::Sequential<Input, odot::nn::LayerNorm<>>;

int main() {
  odot::Network<Model> network{odot::Seed{1}};
  const odot::Batch<Input> x(4);
  return network.predict(x).samples() == 4 ? 0 : 1;
}
