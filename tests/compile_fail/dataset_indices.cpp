// expect: the sets' samples must be bytes or floating-point numbers
// SPDX-License-Identifier: MIT
#include <odot/odot.hpp>

#include <cstdint>

using Model = odot::nn::Sequential<odot::Shape<6>, odot::nn::Linear<10>, odot::nn::LogSoftmax>;

int main() {
  odot::Network<Model> network{odot::Seed{1}};
  odot::optim::Adam adam;
  const odot::data::Dataset<odot::Shape<6>, std::int32_t> tokens;
  odot::fit(network, adam, tokens, {.epochs = 1});
}
