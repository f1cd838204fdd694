// SPDX-License-Identifier: MIT
// Depthwise convolutions: depthwise/<pass>/cpu/float/<shape>/<samples>. Their work is moving numbers, as pooling's is.

#include "support/layer_passes.hpp"

using namespace odot;

namespace {

template <class Image, std::size_t Stride>
void add(const std::string& shape, std::size_t samples) {
  constexpr std::size_t channels = Image::extents[0];
  using Model =
      nn::Sequential<Image,
                     nn::Conv2d<channels, nn::Conv2dOptions{.stride = Stride, .padding = 1, .groups = channels}>>;
  benchmarks::add_layer<Model>("depthwise", shape, samples,
                               {.flop = 2.0 * 9 * static_cast<double>(Model::output_shape::size),
                                .bytes = benchmarks::float_bytes(Image::size, Model::output_shape::size)});
}

const bool registered = [] {
  add<Shape<64, 56, 56>, 1>("64x56x56-3x3", 32);
  add<Shape<256, 14, 14>, 1>("256x14x14-3x3", 64);
  add<Shape<64, 56, 56>, 2>("64x56x56-3x3s2", 32);
  return true;
}();

}  // namespace
