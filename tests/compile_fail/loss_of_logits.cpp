// expect: takes log-probabilities, which the model does not end in; put nn::LogSoftmax last, or take nn::CrossEntropy, which takes logits, or say log_probabilities = true in your own last layer
// SPDX-License-Identifier: MIT
#include <odot/odot.hpp>

using Image = odot::Shape<1, 28, 28>;
using Model = odot::nn::Sequential<Image, odot::nn::Flatten, odot::nn::Linear<10>>;

int main() {
  odot::Network<Model> network{odot::Seed{1}};
  odot::optim::Adam adam;
  const auto [train, test] = odot::data::synthetic<Image>(odot::Seed{1});
  odot::fit(network, adam, train, test, {.epochs = 1}, odot::ProgressBar{});
}
