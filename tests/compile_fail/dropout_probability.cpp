// expect: odot::nn::Dropout: the probability must be at least 0 and less than 1
// SPDX-License-Identifier: MIT
#include <odot/odot.hpp>

using Input = odot::Shape<4>;
using Model = odot::nn::Sequential<Input, odot::nn::Dropout<1.0>>;

int main() {
  odot::Network<Model> network{odot::Seed{1}};
  const odot::Batch<Input> x(4);
  return network.predict(x).samples() == 4 ? 0 : 1;
}
