// SPDX-License-Identifier: MIT
#include "odot/optim/sgd.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "odot/kernels/parallel/cpu/parallel.hpp"
#include "odot/kernels/sgd.hpp"
#include "support/optimizer_reference.hpp"

using namespace odot;
using namespace odot::test;
using optim::SGD, optim::SGDOptions;

TEST_CASE("ten steps match PyTorch") {
  const Reference reference("sgd.txt");
  check_ten_steps(reference, "plain", SGD{{.learning_rate = 0.1}});
  check_ten_steps(reference, "momentum", SGD{{.learning_rate = 0.1, .momentum = 0.9}});
  check_ten_steps(reference, "nesterov", SGD{{.learning_rate = 0.1, .momentum = 0.9, .nesterov = true}});
  check_ten_steps(reference, "weight_decay", SGD{{.learning_rate = 0.1, .momentum = 0.8, .weight_decay = 0.2}});
}

TEST_CASE("groups have options of their own") {
  LinearPair<double> network{Seed{1}};
  std::ranges::fill(network.parameters(), 10.0);
  std::ranges::fill(network.gradients(), 1.0);
  SGD sgd{{.learning_rate = 0.5}, {{"1.*", {.learning_rate = 2}}, {"*.bias", {.learning_rate = 0}}}};
  sgd.step(network);
  for (const double p : network.parameter("0.weight")) CHECK(p == 9.5);
  for (const double p : network.parameter("0.bias")) CHECK(p == 10);
  for (const double p : network.parameter("1.weight")) CHECK(p == 8);
  for (const double p : network.parameter("1.bias")) CHECK(p == 8);  // the first group that matches
}

TEST_CASE("a group has the optimizer's options where it names none of its own") {
  LinearPair<double> network{Seed{1}};
  std::ranges::fill(network.parameters(), 8.0);
  SGD sgd{{.learning_rate = 0.5, .momentum = 0.5, .weight_decay = 0.25, .nesterov = true},
          {{"0.weight", {.learning_rate = 2}}, {"0.bias", {.momentum = 0, .weight_decay = 0, .nesterov = false}}}};
  std::ranges::fill(network.gradients(), 1.0);
  sgd.step(network);
  // g' = 1 + 0.25 · 8 = 3 and u = 3: g' + 0.5 u = 4.5
  for (const double p : network.parameter("0.weight")) CHECK(p == 8 - 2 * 4.5);
  for (const double p : network.parameter("0.bias")) CHECK(p == 8 - 0.5 * 1);
  for (const double p : network.parameter("1.weight")) CHECK(p == 8 - 0.5 * 4.5);
}

TEST_CASE("options out of range are rejected") {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  for (const SGDOptions& bad :
       {SGDOptions{.learning_rate = -0.1}, SGDOptions{.learning_rate = nan}, SGDOptions{.momentum = 1},
        SGDOptions{.momentum = -0.5}, SGDOptions{.weight_decay = -1}})
    CHECK_THROWS_AS(SGD{bad}, ArgumentError);
  for (const optim::SGDGroupOptions& bad :
       {optim::SGDGroupOptions{.learning_rate = -0.1}, optim::SGDGroupOptions{.momentum = 1}, {.weight_decay = nan}})
    CHECK_THROWS_AS((SGD{{}, {{"*", bad}}}), ArgumentError);
}

TEST_CASE("options that the network's scalar can't hold are rejected at the first step") {
  LinearPair<float> single{Seed{1}};
  LinearPair<double> network{Seed{1}};
  for (const SGDOptions& bad :
       {SGDOptions{.momentum = 1 - 1e-8}, SGDOptions{.learning_rate = 1e39}, SGDOptions{.learning_rate = 1e-60},
        SGDOptions{.weight_decay = 1e39}, SGDOptions{.weight_decay = 1e-60}}) {
    CHECK_THROWS_AS(SGD{bad}.step(single), ArgumentError);
    CHECK_NOTHROW(SGD{bad}.step(network));
  }
  CHECK_THROWS_AS((SGD{{}, {{"*.bias", {.momentum = 1 - 1e-8}}}}.step(single)), ArgumentError);
}

TEST_CASE("float steps are those of long double, whatever the momentum, decay and learning rate") {
  using Model = nn::Sequential<Shape<1>, nn::Linear<1, nn::LinearOptions{.bias = false}>>;
  std::mt19937 random(3);
  const auto uniform = [&] { return static_cast<double>(random()) / 4294967296.0; };
  for (int round = 0; round < 100; ++round) {
    const SGDOptions o{.learning_rate = std::pow(10.0, -4 * uniform()),
                       .momentum = 1 - std::pow(10.0, -5 * uniform()),
                       .weight_decay = round % 2 ? 0.01 * uniform() : 0,
                       .nesterov = round % 4 < 2};
    CAPTURE(o.learning_rate);
    CAPTURE(o.momentum);
    CAPTURE(o.weight_decay);
    Network<Model> network{Seed{1}};
    network.parameters()[0] = 0;
    SGD sgd{o};
    long double p = 0, u = 0;
    for (int t = 0; t < 500; ++t) {
      const auto g = static_cast<float>(1 + 0.5 * uniform());
      network.gradients()[0] = g;
      sgd.step(network);
      const long double grad = g + o.weight_decay * p;
      u = o.momentum * u + grad;
      p -= o.learning_rate * (o.nesterov ? grad + o.momentum * u : u);
    }
    CHECK(std::abs(static_cast<long double>(network.parameters()[0]) - p) <= 1e-5L * std::abs(p));
  }
}
