// expect: odot::nn::UnprojectedElementWiseAttention: input must be rank 2, [tokens, 3 * features]
// SPDX-License-Identifier: MIT
#include <odot/odot.hpp>

using Model = odot::nn::Sequential<odot::Shape<16, 8>, odot::nn::UnprojectedElementWiseAttention<>>;

int main() {
  const odot::Network<Model> network{odot::Seed{1}};
  const odot::Batch<odot::Shape<16, 8>> x(4);
  return network.predict(x).samples() == 4;
}
