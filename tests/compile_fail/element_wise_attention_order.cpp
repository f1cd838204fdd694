// expect: odot::nn::ElementWiseAttention: the order must be even, since an odd truncation of exp is not positive
// SPDX-License-Identifier: MIT
#include <odot/odot.hpp>

using Attention = odot::nn::ElementWiseAttention<odot::nn::ElementWiseAttentionOptions{.order = 3}>;
using Model = odot::nn::Sequential<odot::Shape<16, 8>, Attention>;

int main() {
  const odot::Network<Model> network{odot::Seed{1}};
  const odot::Batch<odot::Shape<16, 8>> x(4);
  return network.predict(x).samples() == 4;
}
