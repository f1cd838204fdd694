// expect: odot::nn::ElementWiseAttention: input must be rank 2, [tokens, features]
// SPDX-License-Identifier: MIT
#include <odot/odot.hpp>

using Model = odot::nn::Sequential<odot::Shape<3, 28, 28>, odot::nn::ElementWiseAttention<>>;

int main() {
  const odot::Network<Model> network{odot::Seed{1}};
  const odot::Batch<odot::Shape<3, 28, 28>> x(4);
  return network.predict(x).samples() == 4;
}
