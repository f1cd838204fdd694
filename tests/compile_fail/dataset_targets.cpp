// expect: the sets' targets must be what the loss compares the outputs with
// SPDX-License-Identifier: MIT
#include <odot/odot.hpp>

using Model = odot::nn::Sequential<odot::Shape<6, 2>, odot::nn::LastToken, odot::nn::Linear<8>>;

int main() {
  odot::Network<Model> network{odot::Seed{1}};
  odot::optim::Adam adam;
  const odot::data::Windows<odot::Shape<6, 2>, odot::Shape<3, 2>> windows;  // 6 targets a sample, not 8
  odot::fit<odot::nn::MeanSquaredError>(network, adam, windows, windows, {.epochs = 1});
}
