// expect: odot::nn::SelfAttention: features must be a multiple of the heads
// SPDX-License-Identifier: MIT
#include <odot/odot.hpp>

using Tokens = odot::Shape<16, 64>;
using Model = odot::nn::Sequential<Tokens, odot::nn::SelfAttention<odot::nn::SelfAttentionOptions{.heads = 3}>,
                                   odot::nn::Flatten, odot::nn::Linear<10>, odot::nn::LogSoftmax>;

int main() {
  odot::Network<Model> network{odot::Seed{1}};
  const odot::Batch<Tokens> x(3);
  return network.predict(x).samples() == 3 ? 0 : 1;
}
