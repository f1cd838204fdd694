// SPDX-License-Identifier: MIT
#include "odot/nn/normalize.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "odot/cpu.hpp"
#include "odot/nn/flatten.hpp"
#include "odot/nn/linear.hpp"
#include "odot/nn/network.hpp"
#include "odot/nn/sequential.hpp"
#include "support/difference.hpp"
#include "support/gradient_report.hpp"
#include "support/layer_run.hpp"
#include "support/same_bits.hpp"

using namespace odot;
using namespace odot::test;

namespace {

template <std::size_t C, std::size_t H, std::size_t W>
using Layer = Bound<nn::Normalize, Shape<C, H, W>>;
using Model = nn::Sequential<Shape<2, 1, 2>, nn::Normalize>;

}  // namespace

static_assert(Layer<3, 4, 5>::parameter_count == 0 && Layer<3, 4, 5>::buffer_count == 6 && Layer<3, 4, 5>::in_place);

TEST_CASE("forward matches hand-computed values, in training as in evaluation; the gradient is divided alike") {
  LayerRun<Layer<2, 1, 2>> run(2);
  run.x = Batch<Shape<2, 1, 2>, double>(2, {1, 2, 3, 4, 5, 6, 7, 8});
  run.dy = Batch<Shape<2, 1, 2>, double>(2, {1, 2, 3, 4, 5, 6, 7, 8});
  std::ranges::copy(std::vector<double>{1, 4}, run.buffer("mean").begin());
  std::ranges::copy(std::vector<double>{0.5, 2}, run.buffer("deviation").begin());
  const std::vector<double> expected{0, 2, -0.5, 0, 8, 10, 1.5, 2};
  run.forward();
  CHECK(difference(run.y.span(), expected, 0) == "");
  run.backward();
  CHECK(difference(run.dx.span(), std::vector<double>{2, 4, 1.5, 2, 10, 12, 3.5, 4}, 0) == "");
  run.predict();
  CHECK(difference(run.y.span(), expected, 0) == "");
}

TEST_CASE("it leaves its input alone until its statistics are set") {
  Network<Model, Cpu, double> network{Seed{1}};
  const Batch<Shape<2, 1, 2>, double> x(1, {1, 2, 3, 4});
  CHECK(difference(network.predict(x).span(), std::vector<double>{1, 2, 3, 4}, 0) == "");
  network.set_buffer("0.mean", std::vector<double>{2, 3});
  network.set_buffer("0.deviation", std::vector<double>{1, 4});
  CHECK(difference(network.predict(x).span(), std::vector<double>{-1, 0, 0, 0.25}, 0) == "");
}

TEST_CASE("statistics of another size or name are refused") {
  Network<Model> network{Seed{1}};
  CHECK_THROWS_AS(network.set_buffer("0.mean", std::vector<double>{1}), ArgumentError);
  CHECK_THROWS_AS(network.set_buffer("0.std", std::vector<double>{1, 2}), ArgumentError);
}

TEST_CASE("backward matches central differences, in a row with other layers too") {
  CHECK(check_gradients<Layer<2, 3, 5>>());
  CHECK(check_gradients<Layer<1, 1, 1>>());
  CHECK(check_gradients<nn::Sequential<Shape<2, 2, 3>, nn::Normalize, nn::Flatten, nn::Linear<2>>>());
}

TEST_CASE("any number of threads gives the same bits") { check_same_bits<Layer<3, 7, 5>>(3000); }
