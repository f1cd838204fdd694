// SPDX-License-Identifier: MIT
#include "odot/nn/batch_norm2d.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "odot/kernels/batch_norm/cpu/batch_norm.hpp"
#include "support/gradient_report.hpp"
#include "support/layer_reference.hpp"

using namespace odot;
using namespace odot::test;

namespace {

using Affine = Bound<nn::BatchNorm2d<>, Shape<3, 4, 5>>;
using Plain = Bound<nn::BatchNorm2d<nn::BatchNorm2dOptions{.affine = false}>, Shape<3, 4, 5>>;

}  // namespace

static_assert(Affine::parameter_count == 6 && Affine::buffer_count == 6);
static_assert(Plain::parameter_count == 0 && Plain::buffer_count == 6);
static_assert(Affine::couples_samples);

TEST_CASE("forward matches hand-computed values") {
  LayerRun<Bound<nn::BatchNorm2d<>, Shape<1, 1, 2>>> run(2);
  run.x = Batch<Shape<1, 1, 2>, double>(2, {1, 3, 5, 7});
  run.parameter("weight")[0] = 2;
  run.parameter("bias")[0] = 10;
  run.forward();
  // mean 4, variance (9 + 1 + 1 + 9)/4 = 5
  const double sigma = std::sqrt(5 + 1e-5);
  CHECK(difference(run.y.span(), std::vector<double>{10 - 6 / sigma, 10 - 2 / sigma, 10 + 2 / sigma, 10 + 6 / sigma},
                   1e-15) == "");
  CHECK(std::abs(run.buffer("running_mean")[0] - 0.4) <= 1e-15);             // 0.9 · 0 + 0.1 · 4
  CHECK(std::abs(run.buffer("running_var")[0] - (0.9 + 2.0 / 3)) <= 1e-15);  // 0.9 · 1 + 0.1 · 20/3
  run.predict();
  const double running_sigma = std::sqrt(0.9 + 2.0 / 3 + 1e-5);
  CHECK(std::abs(run.y.data()[3] - (10 + 2 * 6.6 / running_sigma)) <= 1e-13);  // 7 − 0.4 = 6.6
}

TEST_CASE("forward, running statistics and backward match PyTorch") {
  const Reference reference("batch_norm.txt");
  check_layer<Affine>(reference, "affine", 1e-11);
  check_layer<Plain>(reference, "plain", 1e-11);
  check_layer<Affine>(reference, "batch_of_one", 1e-11);
}

TEST_CASE("backward matches central differences") {
  CHECK(check_gradients<Affine>());
  CHECK(check_gradients<Affine>({.samples = 1}));
  CHECK(check_gradients<Plain>());
}

TEST_CASE("eps and momentum are the layer's own") {
  LayerRun<Bound<nn::BatchNorm2d<nn::BatchNorm2dOptions{.eps = 4, .momentum = 0.5, .affine = false}>, Shape<1, 1, 2>>>
      run(2);
  run.x = Batch<Shape<1, 1, 2>, double>(2, {1, 3, 5, 7});
  run.forward();
  CHECK(std::abs(run.y.data()[0] - (1 - 4) / std::sqrt(5.0 + 4)) <= 1e-15);
  CHECK(std::abs(run.buffer("running_mean")[0] - 2) <= 1e-15);
}
