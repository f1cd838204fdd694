// expect: odot::nn::MaxPool2d: input must be rank 3, [channels, height, width]
// expect: odot::nn::AdaptiveAvgPool2d: input must be rank 3, [channels, height, width]
// expect: odot::nn::Upsample2d: input must be rank 3, [channels, height, width]
// expect: odot::nn::ConvTranspose2d: input must be rank 3, [channels, height, width]
// expect: odot::nn::Conv1d: input must be rank 2, [channels, length]
// expect: odot::nn::BatchNorm1d: input must be rank 1 or 2, [features] or [channels, length]
// expect: odot::nn::GroupNorm: input must be rank 3, [channels, height, width]
// expect: odot::nn::RMSNorm: input must be rank 1 or 2, [features] or [tokens, features]
// expect: odot::nn::Dropout2d: input must be rank 3, [channels, height, width]
// expect: odot::nn::Softmax: input must be rank 1 or 2, [features] or [tokens, features]
// expect: odot::nn::Embedding: input must be rank 1, [tokens]
// expect: odot::nn::RecentTokens: input must be rank 2, [tokens, features]
// SPDX-License-Identifier: MIT
#include <odot/odot.hpp>

namespace nn = odot::nn;
using Features = odot::Shape<784>;
using Image = odot::Shape<1, 28, 28>;

template <class Layer, class Input>
void predict() {
  odot::Network<nn::Sequential<Input, Layer>> network{odot::Seed{1}};
  odot::Batch<typename decltype(network)::output_shape> y(4);
  network.predict(typename decltype(network)::Input(nullptr, 4), y, network.workspace());
}

int main() {
  predict<nn::MaxPool2d<2>, Features>();
  predict<nn::AdaptiveAvgPool2d<1>, Features>();
  predict<nn::Upsample2d<2>, Features>();
  predict<nn::ConvTranspose2d<4>, Features>();
  predict<nn::Conv1d<4>, Image>();
  predict<nn::BatchNorm1d<>, Image>();
  predict<nn::GroupNorm<1>, Features>();
  predict<nn::RMSNorm<>, Image>();
  predict<nn::Dropout2d<0.5>, Features>();
  predict<nn::Softmax, Image>();
  predict<nn::Embedding<10, 4>, Image>();
  predict<nn::RecentTokens<2>, Image>();
}
