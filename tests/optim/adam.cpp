// SPDX-License-Identifier: MIT
#include "odot/optim/adam.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <random>
#include <string>
#include <utility>

#include "odot/kernels/adam.hpp"
#include "odot/kernels/parallel/cpu/parallel.hpp"
#include "support/optimizer_reference.hpp"
#include "support/worst_of.hpp"

using namespace odot;
using namespace odot::test;
using optim::Adam, optim::AdamGroupOptions, optim::AdamOptions, optim::AdamW;

TEST_CASE("ten steps match PyTorch, with the defaults") { check_ten_steps(Reference("adam.txt"), "defaults", Adam{}); }

TEST_CASE("ten steps match PyTorch, with weight decay and other betas") {
  check_ten_steps(Reference("adam.txt"), "weight_decay",
                  Adam{{.learning_rate = 0.05, .beta1 = 0.8, .beta2 = 0.95, .eps = 1e-6, .weight_decay = 0.1}});
}

TEST_CASE("ten steps match PyTorch, in two groups") {
  check_ten_steps(Reference("adam.txt"), "two_groups", Adam{{}, {{"*.weight", {.learning_rate = 0.1}}}});
}

TEST_CASE("ten steps of AdamW match PyTorch") {
  const Reference reference("adamw.txt");
  check_ten_steps(reference, "defaults", AdamW{});
  check_ten_steps(reference, "options",
                  AdamW{{.learning_rate = 0.05, .beta1 = 0.8, .beta2 = 0.95, .eps = 1e-6, .weight_decay = 0.3}});
  check_ten_steps(reference, "two_groups", AdamW{{.weight_decay = 0.1}, {{"*.bias", {.weight_decay = 0}}}});
}

TEST_CASE("options out of range are rejected with name, range and value") {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN(), infinity = std::numeric_limits<double>::infinity();
  CHECK_THROWS_WITH_AS(Adam({.learning_rate = -1}),
                       "odot::optim: learning_rate must be at least 0 and less than inf, found -1", ArgumentError);
  for (const AdamOptions& bad :
       {AdamOptions{.learning_rate = nan}, AdamOptions{.learning_rate = infinity}, AdamOptions{.beta1 = 1},
        AdamOptions{.beta1 = -0.1}, AdamOptions{.beta2 = 1}, AdamOptions{.beta2 = nan}, AdamOptions{.eps = -1e-8},
        AdamOptions{.weight_decay = -0.1}})
    CHECK_THROWS_AS(Adam{bad}, ArgumentError);
  for (const AdamGroupOptions& bad :
       {AdamGroupOptions{.learning_rate = nan}, AdamGroupOptions{.beta1 = 1}, AdamGroupOptions{.beta2 = -0.1},
        AdamGroupOptions{.eps = infinity}, AdamGroupOptions{.weight_decay = -1}})
    CHECK_THROWS_AS((Adam{{}, {{"*", bad}}}), ArgumentError);
  CHECK_THROWS_AS(AdamW({.weight_decay = nan}), ArgumentError);
  CHECK_NOTHROW(Adam({.learning_rate = 0, .beta1 = 0, .beta2 = 0, .eps = 0}));
}

TEST_CASE("a group has the optimizer's options where it names none of its own") {
  // m̂/√v̂ is 1 at the first step, so that p moves by learning_rate/(1 + eps) · …; decay takes 0.5 · 0.25 of 8
  LinearPair<double> network{Seed{1}};
  std::ranges::fill(network.parameters(), 8.0);
  std::ranges::fill(network.gradients(), 1.0);
  AdamW adam{{.learning_rate = 0.5, .eps = 1, .weight_decay = 0.25},
             {{"0.weight", {.learning_rate = 0.125}}, {"*.bias", {.weight_decay = 0}}, {"1.*", {.eps = 3}}}};
  adam.step(network);
  const auto all_are = [&](const char* name, double expected) {
    for (const double p : network.parameter(name)) CHECK(std::abs(p - expected) <= 1e-12);
  };
  all_are("0.weight", 8 - 0.125 * 0.25 * 8 - 0.125 / 2);
  all_are("0.bias", 8 - 0.5 / 2);
  all_are("1.weight", 8 - 0.5 * 0.25 * 8 - 0.5 / 4);
}

TEST_CASE(
    "options that the network's scalar can't hold are rejected at the first step, with the scalar and the number") {
  LinearPair<float> single{Seed{1}};
  LinearPair<double> network{Seed{1}};
  for (const AdamOptions& bad :
       {AdamOptions{.beta1 = 1 - 1e-8}, AdamOptions{.beta2 = 1 - 1e-9}, AdamOptions{.eps = 1e-30},
        AdamOptions{.eps = 1e39}, AdamOptions{.learning_rate = 1e39}, AdamOptions{.learning_rate = 1e-60},
        AdamOptions{.weight_decay = 1e-60}}) {
    const float before = single.parameters()[0];
    CHECK_THROWS_AS(Adam{bad}.step(single), ArgumentError);
    const AdamGroupOptions own{.learning_rate = bad.learning_rate,
                               .beta1 = bad.beta1,
                               .beta2 = bad.beta2,
                               .eps = bad.eps,
                               .weight_decay = bad.weight_decay};
    CHECK_THROWS_AS((Adam{{}, {{"*", own}}}.step(single)), ArgumentError);
    CHECK(single.parameters()[0] == before);
    CHECK_NOTHROW(Adam{bad}.step(network));
  }
  CHECK_THROWS_WITH_AS(Adam({.beta2 = 0.99999999}).step(single), doctest::Contains("beta2 is 1 in float"),
                       ArgumentError);
  CHECK_THROWS_WITH_AS(Adam({.eps = 1e-30}).step(single), doctest::Contains("eps must be 0 or at least 1.08"),
                       ArgumentError);
  CHECK_NOTHROW(Adam({.beta2 = 0.9999999, .eps = 1e-15}).step(single));
}

TEST_CASE("a factor that is not finite is rejected") {
  LinearPair<float> network{Seed{1}};
  Adam adam;
  CHECK_THROWS_AS(adam.step(network, std::numeric_limits<double>::quiet_NaN()), ArgumentError);
  CHECK(adam.steps() == 0);
}

TEST_CASE("a gradient whose square overflows is found and named, and nothing changes") {
  LinearPair<float> network{Seed{1}};
  Adam adam;
  adam.step(network);
  network.gradient("1.weight")[2] = -1e20f;
  const std::vector<float> before(network.parameters().begin(), network.parameters().end());
  CHECK_THROWS_WITH_AS(adam.step(network), doctest::Contains("the gradient of 1.weight is beyond"), NonFiniteError);
  CHECK(std::ranges::equal(network.parameters(), before));
  CHECK(adam.steps() == 1);
  network.gradient("1.weight")[2] = std::numeric_limits<float>::quiet_NaN();
  CHECK_THROWS_WITH_AS(adam.step(network), doctest::Contains("the gradient of 1.weight is not finite in 1 of 6"),
                       NonFiniteError);
  network.gradient("1.weight")[2] = 1e18f;  // its square is a float
  CHECK_NOTHROW(adam.step(network));
  LinearPair<double> wide{Seed{1}};
  wide.gradients()[0] = 1e150;
  CHECK_NOTHROW(Adam{}.step(wide));
  wide.gradients()[0] = 1e155;
  CHECK_THROWS_AS(Adam{}.step(wide), NonFiniteError);
}

TEST_CASE("where the gradient is clipped first, a large one is none to complain of") {
  LinearPair<float> network{Seed{1}};
  network.gradients()[3] = 1e30f;
  const float before = network.parameters()[3];
  Adam adam{{.max_gradient_norm = 1}};
  CHECK_NOTHROW(adam.step(network));
  CHECK(std::abs(before - network.parameters()[3] - 1e-3f) <= 1e-6f);
}

namespace {

/// The largest distance of float steps from those of long double, in learning rates, over `steps` gradients of around
/// `size`. One parameter starts at 0.
double farthest(const AdamOptions& o, bool decoupled, int steps, double size, unsigned seed) {
  using Model = nn::Sequential<Shape<1>, nn::Linear<1, nn::LinearOptions{.bias = false}>>;
  Network<Model> network{Seed{1}};
  network.parameters()[0] = 0;
  Adam adam{o};
  AdamW adamw{{.learning_rate = o.learning_rate,
               .beta1 = o.beta1,
               .beta2 = o.beta2,
               .eps = o.eps,
               .weight_decay = o.weight_decay}};
  std::mt19937 random(seed);
  long double p = 0, m = 0, v = 0;
  double worst = 0;
  for (int t = 1; t <= steps; ++t) {
    const auto g = static_cast<float>(size * (1 + 0.5 * std::cos(0.1 * static_cast<double>(random() % 1000))));
    network.gradients()[0] = g;
    if (decoupled) adamw.step(network);
    else adam.step(network);
    const long double b1 = o.beta1, b2 = o.beta2, with_decay = g + (decoupled ? 0 : o.weight_decay) * p;
    m = b1 * m + (1 - b1) * with_decay;
    v = b2 * v + (1 - b2) * with_decay * with_decay;
    if (decoupled) p -= static_cast<long double>(o.learning_rate) * o.weight_decay * p;
    p -= o.learning_rate * (m / (1 - std::pow(b1, t))) / (std::sqrt(v / (1 - std::pow(b2, t))) + o.eps);
    worst = worst_of(worst, static_cast<double>(std::abs(static_cast<long double>(network.parameters()[0]) - p)) /
                                (o.learning_rate * std::max(1, t)));
  }
  return worst;
}

}  // namespace

TEST_CASE("float steps are those of long double, whatever the betas, eps, decay and size of the gradient") {
  for (const double beta2 : {0.9, 0.99, 0.999, 0.9999, 0.99999, 0.999999, 0.9999999}) {
    CAPTURE(beta2);
    CHECK(farthest({.learning_rate = 1, .beta2 = beta2}, false, 1, 1, 1) <= 2e-7);
    CHECK(farthest({.learning_rate = 1, .beta2 = beta2}, false, 100, 1, 2) <= 5e-7);
  }
  std::mt19937 random(7);
  const auto uniform = [&] { return static_cast<double>(random()) / 4294967296.0; };
  for (unsigned round = 0; round < 200; ++round) {
    const AdamOptions o{.learning_rate = std::pow(10.0, -4 * uniform()),
                        .beta1 = 1 - std::pow(10.0, -3 * uniform()),
                        .beta2 = 1 - std::pow(10.0, -6.5 * uniform()),
                        .eps = std::pow(10.0, -3 - 12 * uniform()),
                        .weight_decay = round % 2 ? 0.01 * uniform() : 0};
    const double size = std::pow(10.0, -8 + 12 * uniform());
    CAPTURE(o.learning_rate);
    CAPTURE(o.beta1);
    CAPTURE(o.beta2);
    CAPTURE(o.eps);
    CAPTURE(o.weight_decay);
    CAPTURE(size);
    CHECK(farthest(o, round % 4 == 1, 1 + static_cast<int>(random() % 300), size, round) <= 1e-6);
  }
}
