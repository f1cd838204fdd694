// SPDX-License-Identifier: MIT
// Pooling: the largest numbers and the means of windows, and of whole channels.

#include "odot/nn/adaptive_avg_pool2d.hpp"
#include "odot/nn/avg_pool2d.hpp"
#include "odot/nn/max_pool2d.hpp"
#include "odot/nn/pool_rule.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

#include "odot/kernels/parallel/cpu/parallel.hpp"
#include "odot/kernels/plane_mean.hpp"
#include "odot/kernels/pool2d/cpu/pool2d.hpp"
#include "support/gradient_report.hpp"
#include "support/layer_reference.hpp"
#include "support/same_bits.hpp"

using namespace odot;
using namespace odot::test;

namespace {

template <std::size_t K, std::size_t Stride = 0, std::size_t Padding = 0>
using Max = nn::MaxPool2d<K, nn::MaxPool2dOptions{.stride = Stride, .padding = Padding}>;
template <std::size_t K, std::size_t Stride = 0, std::size_t Padding = 0, bool Count = true>
using Avg = nn::AvgPool2d<K, nn::AvgPool2dOptions{.stride = Stride, .padding = Padding, .count_include_pad = Count}>;

template <ShapeType In, std::size_t K, std::size_t Stride, std::size_t Padding>
void check_windows(const std::string& name) {
  const Reference reference("pooling.txt");
  check_layer<Bound<Max<K, Stride, Padding>, In>>(reference, "max_" + name, 1e-11);
  check_layer<Bound<Max<K, Stride, Padding>, In>, float>(reference, "max_" + name, 3e-7);
  check_layer<Bound<Avg<K, Stride, Padding>, In>>(reference, "avg_" + name, 1e-11);
  check_layer<Bound<Avg<K, Stride, Padding>, In>, float>(reference, "avg_" + name, 1e-6);
  if constexpr (Padding > 0) {
    check_layer<Bound<Avg<K, Stride, Padding, false>, In>>(reference, "avg_not_counted_" + name, 1e-11);
    CHECK(check_gradients<Bound<Avg<K, Stride, Padding, false>, In>>({.samples = 1}));
  }
  CHECK(check_gradients<Bound<Max<K, Stride, Padding>, In>>({.samples = 1, .seed = Seed{2}}));  // no near ties
  CHECK(check_gradients<Bound<Avg<K, Stride, Padding>, In>>({.samples = 1}));
}

}  // namespace

using Halved = Bound<Max<2>, Shape<3, 9, 6>>;
static_assert(std::is_same_v<Halved::output_shape, Shape<3, 4, 3>>);
static_assert(Halved::cache_elements(5) == 5 * 36 && !Halved::backward_reads_input);
static_assert(std::is_same_v<Bound<Max<3, 2, 1>, Shape<2, 28, 28>>::output_shape, Shape<2, 14, 14>>);
static_assert(std::is_same_v<Bound<nn::AdaptiveAvgPool2d<1>, Shape<7, 3, 4>>::output_shape, Shape<7, 1, 1>>);

TEST_CASE("windows of any size, stride and padding match PyTorch and central differences") {
  check_windows<Shape<2, 6, 8>, 2, 0, 0>("2");
  check_windows<Shape<2, 5, 35>, 2, 2, 0>("2_odd");
  check_windows<Shape<2, 7, 20>, 3, 2, 1>("3_stride2_pad1");
  check_windows<Shape<2, 5, 18>, 3, 1, 1>("3_stride1_pad1");
  check_windows<Shape<1, 8, 7>, 2, 3, 0>("2_stride3");
  check_windows<Shape<2, 9, 6>, 5, 2, 2>("5_stride2_pad2");
  check_windows<Shape<1, 4, 5>, 3, 1, 0>("3_stride1");
}

TEST_CASE("the mean of whole channels matches PyTorch and central differences") {
  using Global = Bound<nn::AdaptiveAvgPool2d<1>, Shape<2, 5, 7>>;
  check_layer<Global>(Reference("pooling.txt"), "global", 1e-11);
  check_layer<Global, float>(Reference("pooling.txt"), "global", 1e-6);
  CHECK(check_gradients<Global>());
}

TEST_CASE("the mean of a large channel is as exact as that of a small one") {
  LayerRun<Bound<nn::AdaptiveAvgPool2d<1>, Shape<1, 1024, 1024>>, float> run(1);
  for (float& value : run.x.span()) value = 0.1f;
  run.predict();
  CHECK(std::abs(run.y.data()[0] - 0.1f) <= 3e-8f);
}

TEST_CASE("of equal numbers the first gets the gradient, even if all are -infinity") {
  for (const double value : {0.0, -std::numeric_limits<double>::infinity()}) {
    LayerRun<Bound<Max<3, 2, 1>, Shape<1, 3, 3>>> run(1);
    for (double& x : run.x.span()) x = value;
    run.dy = Batch<Shape<1, 2, 2>, double>(1, {1, 2, 3, 4});
    run.forward();
    run.backward();
    CHECK(run.y.data()[3] == value);
    CHECK(difference(run.dx.span(), std::vector<double>{1, 2, 0, 3, 4, 0, 0, 0, 0}, 0) == "");
  }
}

TEST_CASE("NaN stays NaN, and gets the gradient") {
  LayerRun<Bound<Max<2>, Shape<1, 2, 4>>, float> run(1);
  run.x = Batch<Shape<1, 2, 4>>(1, {1, 2, 3, 4, 5, std::numeric_limits<float>::quiet_NaN(), 9, 8});
  run.dy = Batch<Shape<1, 1, 2>>(1, {7, 6});
  run.forward();
  run.backward();
  CHECK((std::isnan(run.y.data()[0]) && run.y.data()[1] == 9));
  CHECK(difference(run.dx.span(), std::vector<float>{0, 0, 0, 0, 0, 7, 6, 0}, 0) == "");
  run.predict();
  CHECK((std::isnan(run.y.data()[0]) && run.y.data()[1] == 9));
}

TEST_CASE("of several NaN the last, row by row, gets the gradient") {
  constexpr float nan = std::numeric_limits<float>::quiet_NaN();
  LayerRun<Bound<Max<2>, Shape<1, 2, 4>>, float> run(1);
  run.x = Batch<Shape<1, 2, 4>>(1, {1, nan, nan, nan, nan, 2, 3, nan});
  run.dy = Batch<Shape<1, 1, 2>>(1, {7, 6});
  run.forward();
  run.backward();
  CHECK(difference(run.dx.span(), std::vector<float>{0, 0, 0, 0, 7, 0, 0, 6}, 0) == "");
}

TEST_CASE("any number of threads gives the same bits") {
  check_same_bits<Bound<Max<3, 2, 1>, Shape<3, 13, 13>>>(70);
  check_same_bits<Bound<Avg<3, 1, 1>, Shape<3, 13, 13>>, double>(70);
  check_same_bits<Bound<nn::AdaptiveAvgPool2d<1>, Shape<3, 13, 13>>>(70);
}

TEST_CASE("the description in words shows the options") {
  nn::LayerParts parts;
  Halved::describe(parts);
  Bound<Avg<3, 2, 1, false>, Shape<3, 9, 6>>::describe(parts);
  Bound<nn::AdaptiveAvgPool2d<1>, Shape<3, 9, 6>>::describe(parts);
  CHECK(parts == std::vector<std::string>{"max_pool2d(2, stride 2)",
                                          "avg_pool2d(3, stride 2, padding 1, padding not counted)",
                                          "adaptive_avg_pool2d(1)"});
}
