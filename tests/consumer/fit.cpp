// SPDX-License-Identifier: MIT
// A user's program: trains with constant options, which compilers look through, and shows it. Exit code 0 if it has.

#include <odot/odot.hpp>

using Image = odot::Shape<1, 28, 28>;
using Model = odot::nn::Sequential<Image, odot::nn::Flatten, odot::nn::Linear<10>, odot::nn::LogSoftmax>;

int main() {
  odot::Network<Model> network{odot::Seed{1}};
  odot::optim::Adam adam;
  const auto [train, test] = odot::data::synthetic<Image>(odot::Seed{1}, 200, 50);
  const odot::FitOptions options{.epochs = 2, .batch_size = 100};
  const odot::TrainingReport report = odot::fit(network, adam, train, test, options, odot::ProgressBar{});
  return report.epochs.size() == 2 ? 0 : 1;
}
