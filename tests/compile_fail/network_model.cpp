// expect: odot::Network: a model is a layer bound to its input's shape, as nn::Sequential<Shape<1, 28, 28>, ...> is
// SPDX-License-Identifier: MIT
#include <odot/odot.hpp>

using Model = odot::nn::Sequential<odot::nn::Flatten, odot::nn::Linear<10>, odot::nn::LogSoftmax>;  // of what?

int main() {
  odot::Network<Model> network{odot::Seed{1}};
  odot::optim::Adam adam;
  const auto [train, test] = odot::data::synthetic<odot::Shape<1, 28, 28>>(odot::Seed{1});
  odot::fit(network, adam, train, test, {.epochs = 1});
}
