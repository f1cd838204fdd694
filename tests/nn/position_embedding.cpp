// SPDX-License-Identifier: MIT
#include "odot/nn/position_embedding.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "odot/cpu.hpp"
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

template <std::size_t L, std::size_t D>
using Learned = Bound<nn::PositionEmbedding, Shape<L, D>>;
template <std::size_t L, std::size_t D>
using Fixed = Bound<nn::SinusoidalPosition, Shape<L, D>>;

}  // namespace

static_assert(Learned<3, 5>::parameter_count == 3 * 5 && Fixed<3, 5>::parameter_count == 0);
static_assert(Learned<3, 5>::in_place && Fixed<3, 5>::in_place);

TEST_CASE("the learned embedding is added to every sample; its gradient is the samples' sum, added") {
  LayerRun<Learned<2, 3>> run(2);
  run.x = Batch<Shape<2, 3>, double>(2, {1, 2, 3, 4, 5, 6, 10, 20, 30, 40, 50, 60});
  run.dy = Batch<Shape<2, 3>, double>(2, {1, 0, 0, 0, 2, 0, 5, 7, 0, 0, 1, -1});
  std::ranges::copy(std::vector<double>{0.5, 0, -1, 0, 2, 0.25}, run.parameter("weight").begin());
  std::ranges::fill(run.gradients, 100.0);
  run.forward();
  CHECK(difference(run.y.span(), std::vector<double>{1.5, 2, 2, 4, 7, 6.25, 10.5, 20, 29, 40, 52, 60.25}, 0) == "");
  run.backward();
  CHECK(difference(run.gradient("weight"), std::vector<double>{106, 107, 100, 100, 103, 99}, 0) == "");
  CHECK(std::ranges::equal(run.dx.span(), run.dy.span()));
}

TEST_CASE("the learned embedding starts by the network's rule") {
  const Network<nn::Sequential<Shape<40, 50>, nn::PositionEmbedding>> network{Seed{1}};
  double squares = 0;
  for (const float w : network.parameter("0.weight")) squares += static_cast<double>(w) * static_cast<double>(w);
  CHECK(std::abs(std::sqrt(squares / 2000) - 0.02) <= 0.001);
}

TEST_CASE("the fixed encoding has sines in even features, cosines in odd ones") {
  LayerRun<Fixed<3, 4>> run(1);
  std::ranges::fill(run.x.span(), 0.0);
  run.forward();
  std::vector<double> expected;
  for (const double l : {0.0, 1.0, 2.0})
    for (const double value : {std::sin(l), std::cos(l), std::sin(l / 100), std::cos(l / 100)})
      expected.push_back(value);
  CHECK(difference(run.y.span(), expected, 1e-15) == "");
  run.predict();
  CHECK(difference(run.y.span(), expected, 1e-15) == "");
}

TEST_CASE("backward matches central differences, in a row with other layers too") {
  CHECK(check_gradients<Learned<3, 5>>());
  CHECK(check_gradients<Learned<1, 1>>());
  CHECK(check_gradients<Fixed<3, 5>>());
  CHECK(check_gradients<Fixed<1, 1>>());
  CHECK(check_gradients<
        nn::Sequential<Shape<3, 4>, nn::Linear<5>, nn::PositionEmbedding, nn::SinusoidalPosition, nn::Linear<2>>>());
}

TEST_CASE("any number of threads gives the same bits") {
  check_same_bits<Learned<7, 5>>(3000);
  check_same_bits<Fixed<300, 5>>(70);
}
