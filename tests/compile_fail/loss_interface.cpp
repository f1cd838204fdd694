// expect: odot: a loss must have the members target, targets and evaluate, as odot/nn/loss_contract.hpp says
// SPDX-License-Identifier: MIT
#include <odot/odot.hpp>

using Image = odot::Shape<1, 28, 28>;
using Model = odot::nn::Sequential<Image, odot::nn::Flatten, odot::nn::Linear<10>>;

/// A loss as other libraries have it.
struct Squares {
  double operator()(double output, double target) const { return (output - target) * (output - target); }
};

int main() {
  odot::Network<Model> network{odot::Seed{1}};
  odot::optim::Adam adam;
  const auto [train, test] = odot::data::synthetic<Image>(odot::Seed{1});
  odot::fit(network, adam, Squares{}, train, test, {.epochs = 1});
}
