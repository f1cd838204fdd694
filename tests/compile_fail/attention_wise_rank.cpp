// expect: odot::nn::AttentionWise, AttentionHeads: input must be rank 3, [channels, height, width]
// SPDX-License-Identifier: MIT
#include <odot/odot.hpp>

using Features = odot::Shape<784>;
using Model = odot::nn::Sequential<Features, odot::nn::AttentionWise<8>, odot::nn::Flatten, odot::nn::Linear<10>,
                                   odot::nn::LogSoftmax>;

int main() {
  odot::Network<Model> network{odot::Seed{1}};
  odot::optim::Adam adam;
  const odot::data::Dataset<Features> data;
  odot::fit(network, adam, data, data, {.epochs = 1}, odot::ProgressBar{});
}
