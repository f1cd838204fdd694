// expect: odot::nn::CrossEntropy: output must be rank 1, [classes], rank 2, [tokens, classes], or rank 3
// SPDX-License-Identifier: MIT
#include <odot/odot.hpp>

#include <cstdint>
#include <vector>

using Input = odot::Shape<3, 4, 16, 2>;
using Model = odot::nn::Sequential<Input, odot::nn::ReLU>;

int main() {
  odot::Network<Model> network{odot::Seed{1}};
  const odot::Batch<Input> x(4);
  const std::vector<std::int32_t> labels(4);
  return network.compute_gradients<odot::nn::CrossEntropy>(x, labels).samples == 4 ? 0 : 1;
}
