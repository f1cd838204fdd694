// expect: odot::nn::SelfAttention: input must be rank 2, [tokens, features]
// SPDX-License-Identifier: MIT
#include <odot/odot.hpp>

using Tokens = odot::Shape<1, 28, 28>;
using Model = odot::nn::Sequential<Tokens, odot::nn::SelfAttention<>, odot::nn::Flatten, odot::nn::Linear<10>,
                                   odot::nn::LogSoftmax>;

int main() {
  odot::Network<Model> network{odot::Seed{1}};
  const odot::Batch<Tokens> x(3);
  return network.predict(x).samples() == 3 ? 0 : 1;
}
