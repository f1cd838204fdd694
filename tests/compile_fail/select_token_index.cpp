// expect: odot::nn::SelectToken: the index must be less than the number of tokens
// SPDX-License-Identifier: MIT
#include <odot/odot.hpp>

using Input = odot::Shape<4, 16>;
using Model = odot::nn::Sequential<Input, odot::nn::SelectToken<4>>;

int main() {
  odot::Network<Model> network{odot::Seed{1}};
  const odot::Batch<Input> x(4);
  return network.predict(x).samples() == 4 ? 0 : 1;
}
