// SPDX-License-Identifier: MIT
#include "odot/nn/residual.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "odot/kernels/add.hpp"
#include "odot/kernels/conv2d/cpu/conv2d.hpp"
#include "odot/kernels/parallel/cpu/parallel.hpp"
#include "odot/kernels/relu.hpp"
#include "odot/nn/conv2d.hpp"
#include "odot/nn/relu.hpp"
#include "support/gradient_report.hpp"
#include "support/layer_reference.hpp"

using namespace odot;
using namespace odot::test;

namespace {

using In = Shape<2, 5, 4>;
using Conv = nn::Conv2d<2, nn::Conv2dOptions{.padding = 1}>;
template <class... Layers>
using ResidualLayer = Bound<nn::Residual<Layers...>, In>;

}  // namespace

static_assert(ResidualLayer<Conv>::parameter_count == 2 * 2 * 9 + 2);
static_assert(ResidualLayer<Conv>::cache_elements(16) == 0, "a convolution's output is summed up in place");
static_assert(ResidualLayer<Conv, nn::ReLU>::cache_elements(16) == 16 * In::size, "ReLU's output is read again");

TEST_CASE("forward adds the input") {
  LayerRun<ResidualLayer<nn::ReLU>> run(2);
  run.draw();
  std::vector<double> expected;
  for (const double x : run.x.span()) expected.push_back(std::max(x, 0.0) + x);
  run.forward();
  CHECK(difference(run.y.span(), expected, 0) == "");
  run.predict();
  CHECK(difference(run.y.span(), expected, 0) == "");
}

TEST_CASE("forward and backward match PyTorch") {
  check_layer<ResidualLayer<Conv, nn::ReLU>>(Reference("residual.txt"), "conv_relu", 1e-11);
}

TEST_CASE("backward matches central differences") {
  CHECK(check_gradients<ResidualLayer<Conv>>());
  CHECK(check_gradients<ResidualLayer<nn::ReLU>>());
  CHECK(check_gradients<ResidualLayer<Conv, nn::ReLU>>());
  CHECK(check_gradients<ResidualLayer<nn::ReLU, Conv>>());
}

TEST_CASE("backward matches central differences where residuals are nested and in a row") {
  using nn::Residual, nn::ReLU;
  CHECK(check_gradients<ResidualLayer<Residual<Conv>, ReLU>>());
  CHECK(check_gradients<nn::Sequential<In, Residual<ReLU>, ReLU, Residual<Residual<ReLU>>, Conv>>());
}
