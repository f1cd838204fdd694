// SPDX-License-Identifier: MIT
#include "odot/nn/layer_norm.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "odot/kernels/layer_norm.hpp"
#include "odot/kernels/parallel/cpu/parallel.hpp"
#include "support/gradient_report.hpp"
#include "support/layer_reference.hpp"
#include "support/same_bits.hpp"

using namespace odot;
using namespace odot::test;

namespace {

template <std::size_t... E>
using Norm = Bound<nn::LayerNorm<>, Shape<E...>>;
template <std::size_t... E>
using PlainNorm = Bound<nn::LayerNorm<nn::LayerNormOptions{.elementwise_affine = false}>, Shape<E...>>;

}  // namespace

static_assert(Norm<3, 7>::parameter_count == 2 * 7, "the same for every token");
static_assert(PlainNorm<3, 7>::parameter_count == 0);
static_assert(!Norm<3, 7>::couples_samples);
static_assert(Norm<3, 7>::cache_elements(5) == 5 * 3 * 2);

TEST_CASE("forward matches hand-computed values") {
  LayerRun<Bound<nn::LayerNorm<nn::LayerNormOptions{.eps = 0.75}>, Shape<2, 2>>> run(1);
  run.x = Batch<Shape<2, 2>, double>(1, {2, 3, 10, 10});
  std::ranges::copy(std::vector<double>{4, -2}, run.parameter("weight").begin());
  std::ranges::copy(std::vector<double>{1, 100}, run.parameter("bias").begin());
  // mean 2.5, variance 0.25, 0.25 + 0.75 = 1;  mean 10, variance 0
  const std::vector<double> expected{1 - 0.5 * 4, 100 - 0.5 * 2, 1, 100};
  run.forward();
  CHECK(difference(run.y.span(), expected, 1e-15) == "");
  run.predict();
  CHECK(difference(run.y.span(), expected, 1e-15) == "");
}

TEST_CASE("forward and backward match PyTorch") {
  const Reference reference("tokens.txt");
  check_layer<Norm<2, 5>>(reference, "layer_norm", 1e-11);
  check_layer<PlainNorm<3, 4>>(reference, "layer_norm_plain", 1e-11);
  check_layer<Norm<7>>(reference, "layer_norm_rank1", 1e-11);
  check_layer<Norm<2, 5>, float>(reference, "layer_norm", 2e-6);
}

TEST_CASE("backward matches central differences and adds to parameter gradients") {
  CHECK(check_gradients<Norm<3, 5>>());
  CHECK(check_gradients<Norm<1, 4>>());
  CHECK(check_gradients<Norm<6>>({.samples = 1}));
  CHECK(check_gradients<PlainNorm<2, 3>>());
}

TEST_CASE("of one feature nothing is left but the bias, and no gradient goes through") {
  CHECK(check_gradients<Norm<3, 1>>({.may_be_zero = {"input", "weight"}}));
  LayerRun<Norm<3, 1>> run(2);
  run.draw();
  run.forward();
  CHECK(difference(run.y.span(), std::vector<double>(6, run.parameter("bias")[0]), 0) == "");
}

TEST_CASE("outputs have mean 0 and variance 1 far from zero too") {
  LayerRun<PlainNorm<2, 64>, float> run(3);
  run.draw();
  for (float& x : run.x.span()) x += 1000;
  run.forward();
  for (std::size_t t = 0; t < 6; ++t) {
    double sum = 0, squares = 0;
    for (const float y : run.y.span().subspan(t * 64, 64)) {
      sum += static_cast<double>(y);
      squares += static_cast<double>(y) * static_cast<double>(y);
    }
    CHECK(std::abs(sum / 64) <= 1e-3);
    CHECK(std::abs(squares / 64 - 1) <= 1e-3);
  }
}

TEST_CASE("any number of threads gives the same bits") {
  check_same_bits<Norm<5, 7>>(2000);
  check_same_bits<PlainNorm<16>>(5000);
}
