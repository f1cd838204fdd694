// expect: odot::nn::PositionEmbedding: input must be rank 2, [tokens, features]
// SPDX-License-Identifier: MIT
#include <odot/odot.hpp>

using Input = odot::Shape<28>;
using Model = odot::nn::Sequential<Input, odot::nn::PositionEmbedding>;

int main() {
  odot::Network<Model> network{odot::Seed{1}};
  const odot::Batch<Input> x(4);
  return network.predict(x).samples() == 4 ? 0 : 1;
}
