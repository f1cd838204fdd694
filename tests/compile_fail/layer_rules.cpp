// expect: odot::nn::Conv2d: groups must divide the number of input channels and of output channels
// expect: odot::nn::Conv1d: groups must divide the number of input channels and of output channels
// expect: odot::nn::Conv1d: kernel must not exceed the padded input; add padding or shrink the kernel
// expect: odot::nn::ConvTranspose2d: padding must leave some of the output
// expect: odot::nn::ConvTranspose2d: output_padding must be less than stride
// expect: odot::nn::AvgPool2d: padding must be at most half of kernel_size
// expect: odot::nn::AdaptiveAvgPool2d: output size must be 1; nn::AvgPool2d has windows
// expect: odot::nn::GroupNorm: the number of groups must divide the number of channels
// expect: odot::nn::Gate: the layers' output must have the input's shape, or one number per channel
// expect: odot::nn::Conv2d: out_channels must be at least 1
// expect: odot::nn::Conv2d: kernel_size, stride and groups must be at least 1
// expect: odot::nn::Conv1d: kernel_size, stride and groups must be at least 1
// expect: odot::nn::ConvTranspose2d: kernel_size and stride must be at least 1
// expect: odot::nn::Upsample2d: scale must be at least 1
// expect: odot::nn::MaxPool2d: kernel_size must be from 1 to 4096
// SPDX-License-Identifier: MIT
#include <odot/odot.hpp>

namespace nn = odot::nn;
using Image = odot::Shape<6, 9, 9>;
using Series = odot::Shape<6, 9>;

template <class Layer, class Input>
void predict() {
  odot::Network<nn::Sequential<Input, Layer>> network{odot::Seed{1}};
  odot::Batch<typename decltype(network)::output_shape> y(4);
  network.predict(typename decltype(network)::Input(nullptr, 4), y, network.workspace());
}

int main() {
  predict<nn::Conv2d<4, nn::Conv2dOptions{.groups = 4}>, Image>();
  predict<nn::Conv1d<4, nn::Conv1dOptions{.groups = 4}>, Series>();
  predict<nn::Conv1d<4, nn::Conv1dOptions{.kernel_size = 11}>, Series>();
  predict<nn::ConvTranspose2d<4, nn::ConvTranspose2dOptions{.kernel_size = 1, .padding = 5}>, Image>();
  predict<nn::ConvTranspose2d<4, nn::ConvTranspose2dOptions{.output_padding = 1}>, Image>();
  predict<nn::AvgPool2d<2, nn::AvgPool2dOptions{.padding = 2}>, Image>();
  predict<nn::AdaptiveAvgPool2d<3>, Image>();
  predict<nn::GroupNorm<4>, Image>();
  predict<nn::Gate<nn::Linear<3>>, Series>();
  predict<nn::Conv2d<0>, Image>();
  predict<nn::Conv2d<4, nn::Conv2dOptions{.stride = 0}>, Image>();
  predict<nn::Conv1d<4, nn::Conv1dOptions{.groups = 0}>, Series>();
  predict<nn::ConvTranspose2d<4, nn::ConvTranspose2dOptions{.kernel_size = 0}>, Image>();
  predict<nn::Upsample2d<0>, Image>();
  predict<nn::MaxPool2d<0>, Image>();
}
