// SPDX-License-Identifier: MIT
// Convolutions in groups of channels, along one axis, and transposed.

#include "odot/nn/conv1d.hpp"
#include "odot/nn/conv2d.hpp"
#include "odot/nn/conv_transpose2d.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <string>
#include <type_traits>
#include <vector>

#include "odot/kernels/conv2d/cpu/conv2d.hpp"
#include "odot/kernels/grouped_conv/cpu/grouped_conv.hpp"
#include "odot/kernels/parallel/cpu/parallel.hpp"
#include "support/gradient_report.hpp"
#include "support/layer_reference.hpp"
#include "support/layer_run.hpp"
#include "support/same_bits.hpp"

using namespace odot;
using namespace odot::test;

namespace {

template <std::size_t Out, std::size_t K, std::size_t Stride, std::size_t Padding, std::size_t Groups, bool Bias = true>
using Grouped =
    nn::Conv2d<Out, nn::Conv2dOptions{
                        .kernel_size = K, .stride = Stride, .padding = Padding, .groups = Groups, .bias = Bias}>;
template <std::size_t Out, std::size_t K, std::size_t Stride, std::size_t Padding, std::size_t Groups, bool Bias = true>
using Line =
    nn::Conv1d<Out, nn::Conv1dOptions{
                        .kernel_size = K, .stride = Stride, .padding = Padding, .groups = Groups, .bias = Bias}>;
template <std::size_t Out, std::size_t K, std::size_t Stride, std::size_t Padding, std::size_t More, bool Bias = true>
using Transposed = nn::ConvTranspose2d<
    Out, nn::ConvTranspose2dOptions{
             .kernel_size = K, .stride = Stride, .padding = Padding, .output_padding = More, .bias = Bias}>;

template <class Description, ShapeType In>
void check_convolution(const std::string& name) {
  const Reference reference("convolutions.txt");
  check_layer<Bound<Description, In>>(reference, name, 1e-11);
  check_layer<Bound<Description, In>, float>(reference, name, 3e-6);
  CHECK(check_gradients<Bound<Description, In>>({.samples = 2}));
}

}  // namespace

static_assert(Bound<Grouped<4, 3, 1, 1, 4>, Shape<4, 5, 6>>::parameter_count == 4 * 9 + 4);
static_assert(std::is_same_v<Bound<Line<3, 5, 2, 2, 1>, Shape<2, 20>>::output_shape, Shape<3, 10>>);
static_assert(std::is_same_v<Bound<Transposed<2, 3, 2, 1, 1>, Shape<2, 4, 3>>::output_shape, Shape<2, 8, 6>>);

TEST_CASE("convolutions in groups match PyTorch and central differences") {
  check_convolution<Grouped<4, 3, 1, 1, 4>, Shape<4, 5, 6>>("depthwise");
  check_convolution<Grouped<6, 3, 2, 1, 3>, Shape<3, 7, 6>>("depthwise_stride2");
  check_convolution<Grouped<2, 5, 1, 2, 2, false>, Shape<2, 9, 18>>("depthwise_5");
  check_convolution<Grouped<6, 3, 1, 0, 2>, Shape<4, 5, 6>>("groups2");
  check_convolution<Grouped<4, 2, 2, 1, 2, false>, Shape<6, 6, 5>>("groups2_stride2");
  check_convolution<Grouped<4, 1, 1, 1, 2>, Shape<6, 3, 4>>("groups2_pointwise");
}

TEST_CASE("an image of one row may be padded above and below") {
  using Layer = Bound<Grouped<4, 1, 1, 1, 2>, Shape<6, 1, 4>>;
  static_assert(std::is_same_v<Layer::output_shape, Shape<4, 3, 6>>);
  CHECK(check_gradients<Layer>({.samples = 2}));
  LayerRun<Layer> run(1);
  run.draw();
  run.predict();
  for (std::size_t o = 0; o < 4; ++o)
    for (std::size_t i = 0; i < 3; ++i)
      for (std::size_t j = 0; j < 6; ++j) {
        double expected = run.parameter("bias")[o];
        for (std::size_t c = 0; i == 1 && j > 0 && j < 5 && c < 3; ++c)
          expected += run.parameter("weight")[o * 3 + c] * run.x[0](o / 2 * 3 + c, 0, j - 1);
        CHECK(std::abs(run.y[0](o, i, j) - expected) <= 1e-14);
      }
}

TEST_CASE("convolutions along one axis match PyTorch and central differences") {
  check_convolution<Line<5, 3, 1, 1, 1>, Shape<3, 9>>("line");
  check_convolution<Line<3, 5, 2, 2, 1, false>, Shape<2, 20>>("line_stride2");
  check_convolution<Line<4, 3, 1, 0, 4>, Shape<4, 7>>("line_depthwise");
}

TEST_CASE("transposed convolutions match PyTorch and central differences") {
  check_convolution<Transposed<2, 3, 1, 0, 0>, Shape<3, 4, 5>>("transposed");
  check_convolution<Transposed<3, 2, 2, 0, 0>, Shape<2, 3, 4>>("transposed_2");
  check_convolution<Transposed<2, 3, 2, 1, 1, false>, Shape<2, 4, 3>>("transposed_padded");
}

TEST_CASE("any number of threads gives the same bits") {
  check_same_bits<Bound<Grouped<6, 3, 1, 1, 6>, Shape<6, 9, 11>>>(150);
  check_same_bits<Bound<Grouped<4, 3, 2, 1, 2>, Shape<6, 9, 11>>>(150);
  check_same_bits<Bound<Line<4, 3, 1, 1, 1>, Shape<6, 40>>>(150);
  check_same_bits<Bound<Transposed<4, 2, 2, 0, 0>, Shape<6, 5, 7>>>(150);
}

TEST_CASE("the description in words shows the options") {
  nn::LayerParts parts;
  Bound<Grouped<4, 3, 1, 1, 4>, Shape<4, 5, 6>>::describe(parts);
  Bound<Line<3, 5, 2, 2, 1, false>, Shape<2, 20>>::describe(parts);
  Bound<Transposed<2, 3, 2, 1, 1>, Shape<2, 4, 3>>::describe(parts);
  CHECK(parts == std::vector<std::string>{"conv2d(4, kernel 3, padding 1, groups 4)",
                                          "conv1d(3, kernel 5, stride 2, padding 2, no bias)",
                                          "conv_transpose2d(2, kernel 3, stride 2, padding 1, output padding 1)"});
}
