// SPDX-License-Identifier: MIT
// The convolution layer: conv2d_layer/<pass>/cpu/float/<shape>/<samples>, one geometry for each of its kernels.

#include "support/layer_passes.hpp"

using namespace odot;

namespace {

template <class Model, std::size_t Taps>
void add(const std::string& shape, std::size_t samples) {
  benchmarks::add_layer<Model>("conv2d_layer", shape, samples,
                               {.flop = 2.0 * static_cast<double>(Model::output_shape::size * Taps),
                                .bytes = benchmarks::float_bytes(Model::input_shape::size, Model::output_shape::size)});
}

const bool registered = [] {
  using nn::Conv2d, nn::Conv2dOptions, nn::Sequential;
  add<Sequential<Shape<32, 28, 28>, Conv2d<32, Conv2dOptions{.kernel_size = 3, .padding = 1}>>, 288>("32x28x28-32-3x3",
                                                                                                     64);
  add<Sequential<Shape<8, 28, 28>, Conv2d<1, Conv2dOptions{.kernel_size = 3, .padding = 1}>>, 72>("8x28x28-1-3x3", 256);
  add<Sequential<Shape<32, 28, 28>, Conv2d<32, Conv2dOptions{.kernel_size = 2, .stride = 2}>>, 128>("32x28x28-32-2x2s2",
                                                                                                    64);
  return true;
}();

}  // namespace
