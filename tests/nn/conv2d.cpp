// SPDX-License-Identifier: MIT
#include "odot/nn/conv2d.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <type_traits>
#include <vector>

#include "odot/kernels/conv2d/cpu/conv2d.hpp"
#include "support/gradient_report.hpp"
#include "support/layer_reference.hpp"

using namespace odot;
using namespace odot::test;

namespace {

template <ShapeType In, std::size_t Out, nn::Conv2dOptions Options>
using Conv = Bound<nn::Conv2d<Out, Options>, In>;

constexpr nn::Conv2dOptions pad1{.kernel_size = 3, .padding = 1}, pad0{.kernel_size = 3};
constexpr nn::Conv2dOptions halving{.kernel_size = 2, .stride = 2, .bias = false};
constexpr nn::Conv2dOptions stride2_pad1{.kernel_size = 3, .stride = 2, .padding = 1};

}  // namespace

static_assert(Conv<Shape<3, 5, 4>, 5, pad1>::parameter_count == 5 * 3 * 9 + 5);
static_assert(Conv<Shape<3, 6, 8>, 5, halving>::parameter_count == 5 * 3 * 4);
static_assert(std::is_same_v<Conv<Shape<3, 5, 4>, 5, pad1>::output_shape, Shape<5, 5, 4>>);
static_assert(std::is_same_v<Conv<Shape<3, 6, 8>, 5, halving>::output_shape, Shape<5, 3, 4>>);

TEST_CASE("forward matches hand-computed values") {
  LayerRun<Conv<Shape<1, 3, 4>, 1, nn::Conv2dOptions{.kernel_size = 2}>> run(1);
  run.x = Batch<Shape<1, 3, 4>, double>(1, {1, 2, 3, 4,  //
                                            5, 6, 7, 8,  //
                                            0, 1, 0, 2});
  std::ranges::copy(std::vector<double>{1, -1,  //
                                        2, 10},
                    run.parameter("weight").begin());
  run.parameter("bias")[0] = 100;
  run.forward();
  // Cross-correlation, the kernel not flipped: 1·1 − 1·2 + 2·5 + 10·6 + 100 = 169; next 2 − 3 + 12 + 70 + 100 = 181, …
  CHECK(difference(run.y.span(),
                   std::vector<double>{169, 181, 193,  //
                                       109, 101, 119},
                   0) == "");
}

TEST_CASE("padding is zero on every side") {
  LayerRun<Conv<Shape<1, 3, 4>, 1, nn::Conv2dOptions{.kernel_size = 3, .padding = 1, .bias = false}>> run(1);
  std::ranges::fill(run.x.span(), 1.0);
  std::ranges::fill(run.parameter("weight"), 1.0);
  run.forward();
  // As many ones as the 3×3 neighbourhood has places inside of the image.
  CHECK(difference(run.y.span(),
                   std::vector<double>{4, 6, 6, 4,  //
                                       6, 9, 9, 6,  //
                                       4, 6, 6, 4},
                   0) == "");
}

TEST_CASE("forward and backward of stride 1 match PyTorch") {
  const Reference reference("conv2d.txt");
  check_layer<Conv<Shape<3, 5, 4>, 5, pad1>>(reference, "3x3_pad1", 1e-11);
  check_layer<Conv<Shape<2, 7, 6>, 3, pad0>>(reference, "3x3_pad0", 1e-11);
  check_layer<Conv<Shape<3, 4, 5>, 1, nn::Conv2dOptions{.kernel_size = 1}>>(reference, "1x1", 1e-11);
  check_layer<Conv<Shape<2, 6, 7>, 3, nn::Conv2dOptions{.kernel_size = 5, .padding = 2}>>(reference, "5x5_pad2", 1e-11);
}

TEST_CASE("forward and backward of other geometries match PyTorch") {
  const Reference reference("conv2d.txt");
  check_layer<Conv<Shape<3, 6, 8>, 5, halving>>(reference, "2x2_stride2", 1e-11);
  check_layer<Conv<Shape<2, 7, 6>, 3, stride2_pad1>>(reference, "3x3_stride2_pad1", 1e-11);
  check_layer<Conv<Shape<2, 3, 4>, 3, nn::Conv2dOptions{.kernel_size = 1, .padding = 1}>>(reference, "1x1_pad1", 1e-11);
  check_layer<Conv<Shape<1, 8, 7>, 5, nn::Conv2dOptions{.kernel_size = 5, .stride = 3, .padding = 2}>>(
      reference, "5x5_stride3_pad2", 1e-11);
}

TEST_CASE("forward and backward in single precision match PyTorch") {
  const Reference reference("conv2d.txt");
  check_layer<Conv<Shape<3, 5, 4>, 5, pad1>, float>(reference, "3x3_pad1", 2e-6);
  check_layer<Conv<Shape<3, 6, 8>, 5, halving>, float>(reference, "2x2_stride2", 2e-6);
}

TEST_CASE("backward matches central differences") {
  CHECK(check_gradients<Conv<Shape<3, 5, 4>, 5, pad1>>());
  CHECK(check_gradients<Conv<Shape<2, 7, 6>, 3, pad0>>());
  CHECK(check_gradients<Conv<Shape<3, 6, 8>, 5, halving>>());
  CHECK(check_gradients<Conv<Shape<2, 7, 6>, 3, stride2_pad1>>({.samples = 1}));
}
