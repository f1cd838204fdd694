// expect: odot::fit: what follows the options must be callbacks, not const and publicly derived from odot::Callback
// SPDX-License-Identifier: MIT
#include <odot/odot.hpp>

#include <cstdio>

using Image = odot::Shape<1, 28, 28>;
using Model = odot::nn::Sequential<Image, odot::nn::Flatten, odot::nn::Linear<10>, odot::nn::LogSoftmax>;

int main() {
  odot::Network<Model> network{odot::Seed{1}};
  odot::optim::Adam adam;
  const auto [train, test] = odot::data::synthetic<Image>(odot::Seed{1});
  odot::fit(network, adam, train, test, {.epochs = 1},
            [](const odot::EpochEvent& e) { std::printf("%g\n", e.mean_loss); });
}
