// expect: odot::Stream: every layer must be token-wise or recurrent
// SPDX-License-Identifier: MIT
#include <odot/odot.hpp>

// Not causal: the first token's output depends on the last.
using Model =
    odot::nn::Sequential<odot::Shape<16, 8>, odot::nn::Linear<8>, odot::nn::PostNorm<odot::nn::ElementWiseAttention<>>>;

int main() {
  const odot::Network<Model> network{odot::Seed{1}};
  odot::Stream stream(network);
  const odot::Batch<odot::Shape<8>> x(1);
  odot::Batch<odot::Shape<8>> y(1);
  stream.step(x, y);
}
