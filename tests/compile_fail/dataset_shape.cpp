// expect: the sets' samples must have the network's input shape
// SPDX-License-Identifier: MIT
#include <odot/odot.hpp>

using Model =
    odot::nn::Sequential<odot::Shape<1, 28, 28>, odot::nn::Flatten, odot::nn::Linear<10>, odot::nn::LogSoftmax>;

int main() {
  odot::Network<Model> network{odot::Seed{1}};
  odot::optim::Adam adam;
  const auto [train, test] = odot::data::synthetic<odot::Shape<3, 32, 32>>(odot::Seed{1});  // in colour
  odot::fit(network, adam, train, test, {.epochs = 1});
}
