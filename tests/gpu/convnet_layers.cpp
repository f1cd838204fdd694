// SPDX-License-Identifier: MIT
// Activations, pooling, branches and the other layers of convolutional networks on the Gpu against the Cpu.

#include <doctest/doctest.h>

#include "odot/gpu.hpp"
#include "odot/odot.hpp"
#include "support/gpu_layer.hpp"

using namespace odot;
using namespace odot::test;

TEST_CASE("functions of single elements and the softmax match the Cpu's") {
  check_layer_on_gpu<Bound<nn::Sigmoid, Shape<3, 7>>>(11);
  check_layer_on_gpu<Bound<nn::Tanh, Shape<3, 7>>>(11);
  check_layer_on_gpu<Bound<nn::SiLU, Shape<3, 7>>>(11);
  check_layer_on_gpu<Bound<nn::LeakyReLU<>, Shape<3, 7>>>(11);
  check_layer_on_gpu<Bound<nn::ELU<>, Shape<3, 7>>>(11);
  check_layer_on_gpu<Bound<nn::Softmax, Shape<10>>>(33);
  check_layer_on_gpu<Bound<nn::Softmax, Shape<3, 40>>>(5);
}

TEST_CASE("pooling matches the Cpu's") {
  using Max3 = nn::MaxPool2d<3, nn::MaxPool2dOptions{.stride = 2, .padding = 1}>;
  using Avg3 = nn::AvgPool2d<3, nn::AvgPool2dOptions{.stride = 1, .padding = 1, .count_include_pad = false}>;
  check_layer_on_gpu<Bound<nn::MaxPool2d<2>, Shape<3, 6, 9>>>(5);
  check_layer_on_gpu<Bound<Max3, Shape<2, 7, 10>>>(5);
  check_layer_on_gpu<Bound<nn::AvgPool2d<2>, Shape<3, 6, 9>>>(5);
  check_layer_on_gpu<Bound<Avg3, Shape<2, 5, 7>>>(5);
  check_layer_on_gpu<Bound<nn::AdaptiveAvgPool2d<1>, Shape<3, 6, 9>>>(5);
}

TEST_CASE("branches match the Cpu's") {
  using Pointwise = nn::Conv2d<2, nn::Conv2dOptions{.kernel_size = 1}>;
  check_layer_on_gpu<Bound<nn::Add<nn::Identity, nn::Sequential<Pointwise, nn::ReLU>>, Shape<2, 5, 4>>>(3);
  check_layer_on_gpu<Bound<nn::Concat<Pointwise, nn::Sigmoid>, Shape<3, 5, 4>>>(3);
  check_layer_on_gpu<Bound<nn::Concat<nn::Linear<3>, nn::Tanh>, Shape<7, 5>>>(3, false);
  check_layer_on_gpu<Bound<nn::SqueezeExcitation<4, 2>, Shape<4, 3, 5>>>(3);
  check_layer_on_gpu<Bound<nn::Gate<nn::Tanh>, Shape<9>>>(3);
}

TEST_CASE("enlarged images match the Cpu's") {
  using Bilinear = nn::Upsample2d<2, nn::Upsample2dOptions{.mode = nn::UpsampleMode::bilinear}>;
  check_layer_on_gpu<Bound<nn::Upsample2d<2>, Shape<2, 3, 9>>>(5);
  check_layer_on_gpu<Bound<nn::Upsample2d<3>, Shape<2, 3, 4>>>(5);
  check_layer_on_gpu<Bound<Bilinear, Shape<2, 3, 9>>>(5);
}

TEST_CASE("norms of groups, rows and features, and dropped channels, match the Cpu's") {
  check_layer_on_gpu<Bound<nn::GroupNorm<2>, Shape<6, 3, 5>>>(5);
  check_layer_on_gpu<Bound<nn::GroupNorm<1, nn::GroupNormOptions{.affine = false}>, Shape<2, 5, 7>>>(3);
  check_layer_on_gpu<Bound<nn::RMSNorm<nn::RMSNormOptions{.eps = 1e-5}>, Shape<7>>>(9);
  check_layer_on_gpu<Bound<nn::RMSNorm<nn::RMSNormOptions{.eps = 1e-5}>, Shape<3, 40>>>(4, false);
  check_layer_on_gpu<Bound<nn::BatchNorm1d<>, Shape<5>>>(9);
  check_layer_on_gpu<Bound<nn::BatchNorm1d<nn::BatchNorm1dOptions{.affine = false}>, Shape<70>>>(301);
  check_layer_on_gpu<Bound<nn::BatchNorm1d<>, Shape<3, 7>>>(9);
  check_layer_on_gpu<Bound<nn::Dropout2d<0.5>, Shape<5, 3, 3>>>(9);
}

TEST_CASE("convolutions in groups, along one axis and transposed match the Cpu's") {
  using nn::Conv1dOptions, nn::Conv2dOptions, nn::ConvTranspose2dOptions;
  constexpr Conv2dOptions depthwise{.padding = 1, .groups = 4}, halves{.stride = 2, .padding = 1, .groups = 2};
  constexpr Conv1dOptions line{.kernel_size = 5, .stride = 2, .padding = 2};
  constexpr ConvTranspose2dOptions twice{.kernel_size = 2, .stride = 2},
      more{.stride = 2, .padding = 1, .output_padding = 1};
  check_layer_on_gpu<Bound<nn::Conv2d<4, depthwise>, Shape<4, 5, 6>>>(3);
  check_layer_on_gpu<Bound<nn::Conv2d<6, halves>, Shape<4, 5, 7>>>(3);
  check_layer_on_gpu<Bound<nn::Conv1d<3, line>, Shape<2, 19>>>(5);
  check_layer_on_gpu<Bound<nn::ConvTranspose2d<3, twice>, Shape<2, 4, 5>>>(3);
  check_layer_on_gpu<Bound<nn::ConvTranspose2d<2, more>, Shape<3, 4, 5>>>(3, false);
}

TEST_CASE("an embedding matches the Cpu's") {
  using Layer = Bound<nn::Embedding<5, 7>, Shape<4>>;
  LayerRun<Layer> cpu(9);
  cpu.draw();
  for (std::size_t i = 0; i < cpu.x.size(); ++i) cpu.x.data()[i] = static_cast<double>(i * i % 5);
  GpuLayerRun<Layer, double> gpu(cpu);
  cpu.forward();
  gpu.forward();
  CHECK(difference(gpu.y.to_host(), cpu.y.span(), 0) == "");
  cpu.backward();
  gpu.backward(true);
  CHECK(difference(gpu.gradients.to_host(), cpu.gradients, 1e-14) == "");
  for (const double dx : gpu.dx.to_host()) CHECK(dx == 0);
}

TEST_CASE("heads whose arrays are shared by channels match the Cpu's") {
  check_layer_on_gpu<Bound<nn::AttentionHeads<2, nn::AttentionHeadsOptions{.per_channel = false}>, Shape<3, 4, 5>>>(4);
  check_layer_on_gpu<
      Bound<nn::AttentionHeads<2, nn::AttentionHeadsOptions{.per_channel = false, .dilation = 2}>, Shape<3, 4, 5>>>(4);
}
