// SPDX-License-Identifier: MIT
#include "odot/optim/clip.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <vector>

#include "odot/core/random.hpp"
#include "odot/cpu.hpp"
#include "odot/optim/adam.hpp"
#include "odot/optim/sgd.hpp"
#include "support/optimizer_reference.hpp"

using namespace odot;
using namespace odot::test;

namespace {

/// A network whose 23 gradients are 2: their norm is 2 √23.
template <class Scalar = double>
LinearPair<Scalar> network_of_twos() {
  LinearPair<Scalar> network{Seed{1}};
  std::ranges::fill(network.gradients(), Scalar{2});
  return network;
}

}  // namespace

TEST_CASE("clipping returns the norm before it, and scales all gradients by one factor") {
  auto network = network_of_twos();
  CHECK(std::abs(optim::clip_gradients(network, 1.0) - 2 * std::sqrt(23.0)) <= 1e-14);
  for (const double g : network.gradients()) CHECK(std::abs(g - 1 / std::sqrt(23.0)) <= 1e-6);
  const std::vector<double> before(network.gradients().begin(), network.gradients().end());
  CHECK(std::abs(optim::clip_gradients(network, 2.0) - 1) <= 1e-6);
  CHECK(std::ranges::equal(network.gradients(), before));
}

TEST_CASE("a norm that is not positive is rejected") {
  auto network = network_of_twos<float>();
  for (const double bad : {0.0, -1.0, std::numeric_limits<double>::quiet_NaN()})
    CHECK_THROWS_AS(optim::clip_gradients(network, bad), ArgumentError);
  CHECK_THROWS_WITH_AS(optim::clip_gradients(network, -1),
                       "odot::optim::clip_gradients: max_norm must be positive, found -1", ArgumentError);
  CHECK(network.gradients()[0] == 2);
}

TEST_CASE("ten steps match PyTorch's clip_grad_norm_, by the function and by the option") {
  const Reference reference("adamw.txt");
  LinearPair<double> by_function{Seed{1}}, by_option{Seed{1}};
  const std::size_t size = by_function.parameters().size();
  optim::SGD plain{{.learning_rate = 0.1}}, clipping{{.learning_rate = 0.1, .max_gradient_norm = 4.8}};
  std::ranges::copy(reference.values("clipped.start"), by_function.parameters().begin());
  std::ranges::copy(reference.values("clipped.start"), by_option.parameters().begin());
  std::size_t clipped = 0;
  for (std::size_t step = 0; step < 10; ++step) {
    const auto row = [&](const char* array) { return std::span(reference.values(array)).subspan(step * size, size); };
    const double expected = reference.values("clipped.norms")[step];
    clipped += expected > 4.8;
    std::ranges::copy(row("clipped.gradients"), by_function.gradients().begin());
    std::ranges::copy(row("clipped.gradients"), by_option.gradients().begin());
    CHECK(std::abs(optim::clip_gradients(by_function, 4.8) - expected) <= 1e-11);
    plain.step(by_function);
    clipping.step(by_option);
    CHECK(difference(by_function.parameters(), row("clipped.results"), 1e-11) == "");
    CHECK(std::ranges::equal(by_option.parameters(), by_function.parameters()));
  }
  CHECK(clipped > 0);
  CHECK(clipped < 10);
}

TEST_CASE("Adam and AdamW clip the whole gradient, groups or not") {
  auto clipped = network_of_twos(), option = network_of_twos();
  optim::clip_gradients(clipped, 1);
  optim::Adam plain{{}, {{"*.bias", {.eps = 1}}}}, clipping{{.max_gradient_norm = 1}, {{"*.bias", {.eps = 1}}}};
  plain.step(clipped);
  clipping.step(option);
  CHECK(std::ranges::equal(option.gradients(), clipped.gradients()));
  CHECK(std::ranges::equal(option.parameters(), clipped.parameters()));
}

TEST_CASE("whatever the groups are, one factor by the norm of all parameters clips them") {
  const Random random(Seed{1}, 0);
  std::size_t clipped = 0;
  for (std::uint64_t n = 0; n < 50; ++n) {
    LinearPair<double> network{Seed{n}};
    const double max_norm = 10 * random.uniform(100 * n), rates[] = {0.5, random.uniform(100 * n + 1), 0.125};
    std::vector<double> expected(network.parameters().begin(), network.parameters().end());
    double squares = 0;
    for (std::size_t i = 0; i < expected.size(); ++i) {
      network.gradients()[i] = random.normal(100 * n + 2 + i);
      squares += network.gradients()[i] * network.gradients()[i];
    }
    const double factor = std::min(1.0, max_norm / (std::sqrt(squares) + 1e-6));
    clipped += factor < 1;
    for (const auto& info : network.parameter_table()) {
      const double rate = rates[info.name == "0.bias" ? 1 : info.name.ends_with(".bias") ? 2 : 0];
      for (std::size_t i = info.offset; i < info.offset + info.size; ++i)
        expected[i] -= rate * factor * network.gradients()[i];
    }
    optim::SGD sgd{{.learning_rate = rates[0], .max_gradient_norm = max_norm},
                   {{"0.bias", {.learning_rate = rates[1]}}, {"*.bias", {.learning_rate = rates[2]}}}};
    sgd.step(network);
    CHECK(difference(network.parameters(), expected, 1e-12) == "");
  }
  CHECK(clipped > 5);
  CHECK(clipped < 45);
}

TEST_CASE("the option is rejected where it is out of range") {
  CHECK_THROWS_AS(optim::SGD({.max_gradient_norm = -1}), ArgumentError);
  CHECK_THROWS_AS(optim::Adam({.max_gradient_norm = std::numeric_limits<double>::quiet_NaN()}), ArgumentError);
}

TEST_CASE("a norm that is not finite is an error that names the parameter, and nothing changes") {
  auto network = network_of_twos<float>();
  network.gradient("0.bias")[1] = std::numeric_limits<float>::infinity();
  CHECK_THROWS_WITH_AS(optim::clip_gradients(network, 1), doctest::Contains("the gradient of 0.bias is not finite"),
                       NonFiniteError);
  optim::SGD sgd{{.max_gradient_norm = 1}};
  const float before = network.parameters()[0];
  CHECK_THROWS_AS(sgd.step(network), NonFiniteError);
  CHECK(network.parameters()[0] == before);
  CHECK(network.gradients()[0] == 2);
  CHECK(sgd.steps() == 0);
}

TEST_CASE("gradients whose squares overflow or vanish are clipped to the norm") {
  auto network = network_of_twos<double>();
  for (const double size : {1e200, 1e307, 1e-200}) {
    std::ranges::fill(network.gradients(), size);
    const double norm = optim::clip_gradients(network, 1);
    CHECK(std::abs(norm / size - std::sqrt(23.0)) <= 1e-14);
    if (size > 1)
      for (const double g : network.gradients()) CHECK(std::abs(g - 1 / std::sqrt(23.0)) <= 1e-6);
  }
  auto single = network_of_twos<float>();
  std::ranges::fill(single.gradients(), 1e38f);
  CHECK(std::abs(optim::clip_gradients(single, 1) / double{1e38f} - std::sqrt(23.0)) <= 1e-14);
  for (const float g : single.gradients()) CHECK(std::abs(g - 1 / std::sqrt(23.0f)) <= 1e-6f);
  std::ranges::fill(network.gradients(), 1e308);  // each is finite, their norm is no double
  CHECK_THROWS_WITH_AS(optim::clip_gradients(network, 1), doctest::Contains("beyond the largest double"),
                       NonFiniteError);
}
