// SPDX-License-Identifier: MIT
// What every optimizer shares, tested with plain gradient descent.
#include "odot/optim/optimizer.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <type_traits>
#include <utility>

#include "odot/kernels/parallel/cpu/parallel.hpp"
#include "odot/kernels/sgd.hpp"
#include "odot/optim/sgd.hpp"
#include "support/optimizer_reference.hpp"

using namespace odot;
using namespace odot::test;
using optim::SGD;

static_assert(!std::is_copy_constructible_v<SGD> && std::is_move_constructible_v<SGD>);

namespace {

template <class Scalar>
LinearPair<Scalar> network_with_gradients(double value) {
  LinearPair<Scalar> network{Seed{1}};
  std::ranges::fill(network.parameters(), Scalar{10});
  std::ranges::fill(network.gradients(), static_cast<Scalar>(value));
  return network;
}

}  // namespace

TEST_CASE("a factor scales the learning rate of that step alone") {
  auto network = network_with_gradients<double>(1);
  SGD sgd{{.learning_rate = 0.5}};
  sgd.step(network, 0.25);
  CHECK(network.parameters()[0] == 10 - 0.125);
  sgd.step(network);
  CHECK(network.parameters()[0] == 10 - 0.125 - 0.5);
  CHECK(sgd.steps() == 2);
  CHECK(sgd.options().learning_rate == 0.5);
}

TEST_CASE("there is no state before the first step, and it is zero there") {
  auto network = network_with_gradients<float>(3);
  SGD sgd{{.learning_rate = 1, .momentum = 0.5}};
  CHECK(sgd.state().empty());
  CHECK(sgd.steps() == 0);
  sgd.step(network);
  CHECK(sgd.state().size() == network.parameters().size());
  for (const float velocity : sgd.state().block<float, Cpu>(0)) CHECK(velocity == 3);
}

TEST_CASE("a moved optimizer continues where the old one was") {
  auto network = network_with_gradients<double>(1);
  SGD first{{.learning_rate = 1, .momentum = 0.5}};
  first.step(network);
  SGD second = std::move(first);
  second.step(network);
  CHECK(second.steps() == 2);
  CHECK(network.parameters()[0] == 10 - 1 - 1.5);
}

TEST_CASE("a group that matches nothing is reported at the first step, and changes nothing") {
  auto network = network_with_gradients<double>(1);
  SGD sgd{{.learning_rate = 1}, {{"*.heads.*", {.learning_rate = 2}}}};
  CHECK_THROWS_AS(sgd.step(network), ArgumentError);
  CHECK(network.parameters()[0] == 10);
  CHECK(sgd.steps() == 0);
}

TEST_CASE("an optimizer serves one network's layout, scalar and device only") {
  auto network = network_with_gradients<double>(1);
  auto single = network_with_gradients<float>(1);
  Network<nn::Sequential<Shape<4>, nn::Linear<3>>, Cpu, double> other{Seed{1}};
  SGD sgd{{.learning_rate = 1}};
  sgd.step(network);
  CHECK_THROWS_WITH_AS(
      sgd.step(other),
      "odot::optim: this optimizer's state is for 23 parameters, the network has 15; use one optimizer "
      "per network",
      ArgumentError);
  CHECK_THROWS_AS(sgd.step(single), ArgumentError);
  CHECK(single.parameters()[0] == 10);
  CHECK(sgd.steps() == 1);
}

TEST_CASE("a network with as many parameters of other names or shapes is not taken for the first one") {
  auto network = network_with_gradients<double>(1);  // 23 parameters
  Network<nn::Sequential<Shape<22>, nn::Linear<1>>, Cpu, double> other{Seed{1}};
  Network<nn::Sequential<Shape<4>, nn::Linear<3>, nn::Linear<2>>, Cpu, double> like{Seed{2}};
  REQUIRE(other.parameters().size() == network.parameters().size());
  SGD sgd{{.learning_rate = 1}};
  sgd.step(network);
  CHECK_THROWS_WITH_AS(sgd.step(other), doctest::Contains("of other names or shapes"), ArgumentError);
  CHECK_NOTHROW(sgd.step(like));
}

TEST_CASE("require_range accepts its lower bound, and neither its upper bound nor NaN") {
  CHECK_NOTHROW(optim::require_range("x", 0, 0, 1));
  CHECK_THROWS_AS(optim::require_range("x", 1, 0, 1), ArgumentError);
  CHECK_THROWS_AS(optim::require_range("x", std::nan(""), 0, 1), ArgumentError);
}
