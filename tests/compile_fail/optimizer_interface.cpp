// expect: odot::fit: the optimizer must have step(network, factor), as optim::Adam has, and must not be const
// SPDX-License-Identifier: MIT
#include <odot/odot.hpp>

using Image = odot::Shape<1, 28, 28>;
using Model = odot::nn::Sequential<Image, odot::nn::Flatten, odot::nn::Linear<10>, odot::nn::LogSoftmax>;

/// Without the schedule's factor.
struct Descent {
  void step(auto& network) {
    for (std::size_t i = 0; i < network.parameters().size(); ++i) network.parameters()[i] -= network.gradients()[i];
  }
};

int main() {
  odot::Network<Model> network{odot::Seed{1}};
  Descent descent;
  const auto [train, test] = odot::data::synthetic<Image>(odot::Seed{1});
  odot::fit(network, descent, train, test, {.epochs = 1});
}
