// SPDX-License-Identifier: MIT
// Pooling: max_pool2d/<pass>/cpu/float/<shape>/<samples>, avg_pool2d/…, global_avg_pool2d/…. Their work is moving
// numbers.

#include "support/layer_passes.hpp"

using namespace odot;

namespace {

template <class Image, class Pool>
void add(const std::string& op, const std::string& shape, std::size_t samples) {
  using Model = nn::Sequential<Image, Pool>;
  benchmarks::add_layer<Model>(op, shape, samples,
                               {.flop = static_cast<double>(Image::size),
                                .bytes = benchmarks::float_bytes(Image::size, Model::output_shape::size)});
}

const bool registered = [] {
  using Max3 = nn::MaxPool2d<3, nn::MaxPool2dOptions{.stride = 2, .padding = 1}>;
  using Avg3 = nn::AvgPool2d<3, nn::AvgPool2dOptions{.stride = 1, .padding = 1}>;
  add<Shape<64, 56, 56>, nn::MaxPool2d<2>>("max_pool2d", "64x56x56-2", 32);
  add<Shape<32, 14, 14>, nn::MaxPool2d<2>>("max_pool2d", "32x14x14-2", 256);
  add<Shape<64, 56, 56>, Max3>("max_pool2d", "64x56x56-3s2p1", 32);
  add<Shape<64, 56, 56>, nn::AvgPool2d<2>>("avg_pool2d", "64x56x56-2", 32);
  add<Shape<64, 28, 28>, Avg3>("avg_pool2d", "64x28x28-3s1p1", 64);
  add<Shape<256, 14, 14>, nn::AdaptiveAvgPool2d<1>>("global_avg_pool2d", "256x14x14", 64);
  return true;
}();

}  // namespace
