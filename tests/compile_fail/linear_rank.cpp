// expect: odot::nn::Linear: input must be rank 1 or 2, [features] or [tokens, features]; put nn::Flatten before it
// SPDX-License-Identifier: MIT
#include <odot/odot.hpp>

using Image = odot::Shape<1, 28, 28>;
using Model = odot::nn::Sequential<Image, odot::nn::ReLU, odot::nn::Linear<10>, odot::nn::LogSoftmax>;

int main() {
  odot::Network<Model> network{odot::Seed{1}};
  odot::optim::Adam adam;
  const auto [train, test] = odot::data::synthetic<Image>(odot::Seed{1});
  odot::fit(network, adam, train, test, {.epochs = 1}, odot::ProgressBar{});
}
