// SPDX-License-Identifier: MIT
// Every layer on the Gpu against the Cpu: values and gradients, in double and in float.

#include <doctest/doctest.h>

#include <cstddef>
#include <vector>

#include "odot/gpu.hpp"
#include "odot/odot.hpp"
#include "support/gpu_layer.hpp"

using namespace odot;
using namespace odot::test;

namespace {

struct Same : Bound<nn::Conv2d<3, nn::Conv2dOptions{.kernel_size = 3, .padding = 1}>, Shape<2, 5, 4>> {};
struct Strided : Bound<nn::Conv2d<4, nn::Conv2dOptions{.kernel_size = 2, .stride = 2, .bias = false}>, Shape<3, 6, 4>> {
};
struct Uneven : Bound<nn::Conv2d<2, nn::Conv2dOptions{.kernel_size = 3, .stride = 2, .padding = 1}>, Shape<1, 6, 7>> {};
struct Pointwise : Bound<nn::Conv2d<5, nn::Conv2dOptions{.kernel_size = 1}>, Shape<3, 3, 4>> {};
struct Gaps : Bound<nn::Conv2d<2, nn::Conv2dOptions{.kernel_size = 2, .stride = 3, .bias = false}>, Shape<2, 7, 9>> {};
struct Large : Bound<nn::Conv2d<3, nn::Conv2dOptions{.kernel_size = 5, .padding = 2}>, Shape<2, 9, 6>> {};
struct Many : Bound<nn::Conv2d<12, nn::Conv2dOptions{.kernel_size = 3, .padding = 1}>, Shape<9, 14, 13>> {};

struct WithNorm : Bound<nn::AttentionWise<2, nn::AttentionWiseOptions{.norm = true}>, Shape<2, 4, 3>> {};
constexpr nn::AttentionHeadsOptions scaled{.eps = 1e-4, .scaled = true};
struct ScaledHeads : Bound<nn::AttentionHeads<2, scaled>, Shape<1, 6, 5>> {};
struct Composed : Bound<nn::ComposedAttentionWise<2>, Shape<2, 4, 3>> {};

}  // namespace

TEST_CASE("the attention heads' values and gradients match the Cpu's") {
  for (const std::size_t samples : {1u, 2u, 9u}) {
    check_layer_on_gpu<Bound<nn::AttentionHeads<3>, Shape<2, 5, 3>>>(samples);
    check_layer_on_gpu<
        Bound<nn::AttentionHeads<2, nn::AttentionHeadsOptions{.affine = true, .bias = true}>, Shape<1, 3, 4>>>(samples);
    check_layer_on_gpu<Bound<nn::AttentionHeads<2, nn::AttentionHeadsOptions{.norm = false}>, Shape<1, 3, 4>>>(samples);
  }
  check_layer_on_gpu<Bound<nn::AttentionHeads<3>, Shape<2, 5, 3>>>(4, false);
  check_layer_on_gpu<ScaledHeads>(3);
}

TEST_CASE("the attention-wise layer with batch norm, and its composition, match the Cpu's") {
  check_layer_on_gpu<WithNorm>(6);
  check_layer_on_gpu<Composed>(6);
}

TEST_CASE("the convolution's values and gradients match the Cpu's") {
  for (const std::size_t samples : {1u, 5u}) {
    check_layer_on_gpu<Same>(samples);
    check_layer_on_gpu<Strided>(samples);
    check_layer_on_gpu<Uneven>(samples);
    check_layer_on_gpu<Pointwise>(samples);
    check_layer_on_gpu<Gaps>(samples);
    check_layer_on_gpu<Large>(samples);
  }
  check_layer_on_gpu<Many>(19);
  check_layer_on_gpu<Same>(3, false);
  check_layer_on_gpu<Strided>(3, false);
}

#if THRUST_DEVICE_SYSTEM == THRUST_DEVICE_SYSTEM_CUDA
TEST_CASE("the convolution with TensorFloat-32 matches the Cpu's to 10 bits of mantissa") {
  nvidia::allow_tensor_float_32(true);
  // Factors rounded by up to 2⁻¹¹, which Winograd's transforms of 4×4 outputs multiply by about 10.
  check_layer_on_gpu<Same, float>(5, 1e-2);
  check_layer_on_gpu<Strided, float>(5, 1e-2);
  check_layer_on_gpu<Many, float>(19, 1e-2);
  nvidia::allow_tensor_float_32(false);
}
#endif

#ifdef ODOT_CUDNN
TEST_CASE("a convolution by cuDNN goes in pieces as equal as may be") {
  using Geometry = kernels::ConvGeometry<Shape<100, 28, 28>, 100, 3, 1, 1>;
  const auto pieces = [](std::size_t samples) {
    std::vector<std::size_t> sizes;
    std::size_t next = 0;
    kernels::CudnnConv2d::each_piece<Geometry>(samples, [&](std::size_t begin, std::size_t size) {
      CHECK(begin == next);
      next = begin + size;
      sizes.push_back(size);
    });
    CHECK(next == samples);
    return sizes;
  };
  CHECK(pieces(0).empty());
  CHECK(pieces(1024) == std::vector<std::size_t>{1024});
  CHECK(pieces(1600) == std::vector<std::size_t>{800, 800});
  CHECK(pieces(4096) == std::vector<std::size_t>{1024, 1024, 1024, 1024});
  CHECK(pieces(1601) == std::vector<std::size_t>{800, 801});
}
#endif

TEST_CASE("the fully connected layer's values and gradients match the Cpu's") {
  check_layer_on_gpu<Bound<nn::Linear<5>, Shape<7>>>(1);
  check_layer_on_gpu<Bound<nn::Linear<5>, Shape<7>>>(130);
  check_layer_on_gpu<Bound<nn::Linear<3, nn::LinearOptions{.bias = false}>, Shape<4>>>(9, false);
}

TEST_CASE("the normalisation of channels matches the Cpu's") {
  check_layer_on_gpu<Bound<nn::Normalize, Shape<3, 4, 5>>>(6);
  check_layer_on_gpu<Bound<nn::Normalize, Shape<1, 2, 3>>>(1, false);
}

TEST_CASE("batch norm's values and gradients match the Cpu's") {
  check_layer_on_gpu<Bound<nn::BatchNorm2d<>, Shape<3, 4, 5>>>(6);
  check_layer_on_gpu<Bound<nn::BatchNorm2d<nn::BatchNorm2dOptions{.affine = false}>, Shape<2, 3, 3>>>(2);
  check_layer_on_gpu<Bound<nn::BatchNorm2d<>, Shape<3, 4, 5>>>(3, false);
}

TEST_CASE("ReLU and log-softmax match the Cpu's") {
  check_layer_on_gpu<Bound<nn::ReLU, Shape<3, 7>>>(11);
  check_layer_on_gpu<Bound<nn::LogSoftmax, Shape<10>>>(33);
  check_layer_on_gpu<Bound<nn::LogSoftmax, Shape<10>>>(33, false);
}

TEST_CASE("a residual matches the Cpu's") {
  check_layer_on_gpu<Bound<nn::Residual<nn::Linear<6>, nn::ReLU, nn::Linear<6>>, Shape<6>>>(8);
}
