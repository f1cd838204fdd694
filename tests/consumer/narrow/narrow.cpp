// SPDX-License-Identifier: MIT
// A user's program that includes what it names, in place of the umbrella: its layers, their kernels on its device, its
// optimizer, its data, fit. Exit code 0 if it has trained and knows its first sample.

#include <odot/data/synthetic.hpp>
#include <odot/kernels/linear/cpu/linear.hpp>
#include <odot/kernels/parallel/cpu/parallel.hpp>
#include <odot/nn/flatten.hpp>
#include <odot/nn/linear.hpp>
#include <odot/nn/log_softmax.hpp>
#include <odot/nn/sequential.hpp>
#include <odot/optim/adam.hpp>
#include <odot/train/fit.hpp>

using Image = odot::Shape<1, 28, 28>;
using Model = odot::nn::Sequential<Image, odot::nn::Flatten, odot::nn::Linear<10>, odot::nn::LogSoftmax>;

int main() {
  odot::Network<Model> network{odot::Seed{1}};
  odot::optim::Adam adam{{.learning_rate = 1e-2}};
  const auto [train, test] = odot::data::synthetic<Image>(odot::Seed{1}, 200, 50);
  const auto report = odot::fit(network, adam, train, test, {.epochs = 2, .batch_size = 100});
  return report.epochs.size() == 2 ? 0 : 1;
}
