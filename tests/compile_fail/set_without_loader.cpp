// expect: a set must be a data::Dataset, or your own with a specialisation of data::Loader
// SPDX-License-Identifier: MIT
#include <odot/odot.hpp>

#include <vector>

using Image = odot::Shape<1, 28, 28>;
using Model = odot::nn::Sequential<Image, odot::nn::Flatten, odot::nn::Linear<10>, odot::nn::LogSoftmax>;

int main() {
  odot::Network<Model> network{odot::Seed{1}};
  odot::optim::Adam adam;
  const std::vector<float> images(784), labels(1);
  odot::fit(network, adam, images, labels, {.epochs = 1}, odot::ProgressBar{});
}
