// SPDX-License-Identifier: MIT
#include "odot/nn/linear.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "odot/kernels/linear/cpu.hpp"
#include "support/gradient_report.hpp"
#include "support/layer_reference.hpp"

using namespace odot;
using namespace odot::test;

namespace {

template <std::size_t In, std::size_t Out, bool Bias = true>
using LinearLayer = Bound<nn::Linear<Out, Bias>, Shape<In>>;

}  // namespace

static_assert(LinearLayer<7, 5>::parameter_count == 7 * 5 + 5);
static_assert(LinearLayer<7, 5, false>::parameter_count == 7 * 5);
static_assert(!LinearLayer<7, 5>::couples_samples);

TEST_CASE("forward matches hand-computed values") {
  LayerRun<LinearLayer<4, 3>> run(2);
  run.x = Batch<Shape<4>, double>(2, {1, 2, 3, 0,  //
                                      -1, 0, 2, 1});
  std::ranges::copy(std::vector<double>{1, 0, -1, 4,   //
                                        2, 1, 0.5, 0,  //
                                        0, 0, 0, 0},
                    run.parameter("weight").begin());
  std::ranges::copy(std::vector<double>{10, -10, 7}, run.parameter("bias").begin());
  run.forward();
  // 1·1 + 0 − 1·3 + 0 + 10 = 8,         2·1 + 1·2 + 0.5·3 − 10 = −4.5,  0 + 7
  // 1·(−1) + 0 − 1·2 + 4·1 + 10 = 11,   2·(−1) + 0 + 0.5·2 − 10 = −11,  0 + 7
  CHECK(difference(run.y.span(), std::vector<double>{8, -4.5, 7, 11, -11, 7}, 0) == "");
}

TEST_CASE("forward and backward match PyTorch") {
  const Reference reference("linear.txt");
  check_layer<LinearLayer<7, 5>>(reference, "bias", 1e-11);
  check_layer<LinearLayer<4, 3, false>>(reference, "no_bias", 1e-11);
  check_layer<LinearLayer<2, 1>>(reference, "many_samples", 1e-11);
}

TEST_CASE("backward matches central differences") {
  CHECK(check_gradients<LinearLayer<7, 5>>());
  CHECK(check_gradients<LinearLayer<7, 5>>({.samples = 1}));
  CHECK(check_gradients<LinearLayer<4, 3, false>>({.samples = 2}));
}
