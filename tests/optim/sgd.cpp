// SPDX-License-Identifier: MIT
#include "odot/optim/sgd.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>

#include "odot/kernels/sgd/cpu.hpp"
#include "support/optimizer_reference.hpp"

using namespace odot;
using namespace odot::test;
using optim::Sgd, optim::SgdOptions;

TEST_CASE("ten steps match PyTorch") {
  const Reference reference("sgd.txt");
  check_ten_steps(reference, "plain", Sgd{{.learning_rate = 0.1}});
  check_ten_steps(reference, "momentum", Sgd{{.learning_rate = 0.1, .momentum = 0.9}});
  check_ten_steps(reference, "nesterov", Sgd{{.learning_rate = 0.1, .momentum = 0.9, .nesterov = true}});
  check_ten_steps(reference, "weight_decay", Sgd{{.learning_rate = 0.1, .momentum = 0.8, .weight_decay = 0.2}});
}

TEST_CASE("groups have options of their own") {
  LinearPair<double> network{Seed{1}};
  std::ranges::fill(network.parameters(), 10.0);
  std::ranges::fill(network.gradients(), 1.0);
  Sgd sgd{{.learning_rate = 0.5}, {{"1.*", {.learning_rate = 2}}, {"*.bias", {.learning_rate = 0}}}};
  sgd.step(network);
  for (const double p : network.parameter("0.weight")) CHECK(p == 9.5);
  for (const double p : network.parameter("0.bias")) CHECK(p == 10);
  for (const double p : network.parameter("1.weight")) CHECK(p == 8);
  for (const double p : network.parameter("1.bias")) CHECK(p == 8);  // the first group that matches
}

TEST_CASE("a group has the optimizer's options where it names none of its own") {
  LinearPair<double> network{Seed{1}};
  std::ranges::fill(network.parameters(), 8.0);
  Sgd sgd{{.learning_rate = 0.5, .momentum = 0.5, .weight_decay = 0.25, .nesterov = true},
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
  for (const SgdOptions& bad :
       {SgdOptions{.learning_rate = -0.1}, SgdOptions{.learning_rate = nan}, SgdOptions{.momentum = 1},
        SgdOptions{.momentum = -0.5}, SgdOptions{.weight_decay = -1}})
    CHECK_THROWS_AS(Sgd{bad}, ArgumentError);
  for (const optim::SgdGroupOptions& bad :
       {optim::SgdGroupOptions{.learning_rate = -0.1}, optim::SgdGroupOptions{.momentum = 1}, {.weight_decay = nan}})
    CHECK_THROWS_AS((Sgd{{}, {{"*", bad}}}), ArgumentError);
}

TEST_CASE("options that the network's scalar can't hold are rejected at the first step") {
  LinearPair<float> single{Seed{1}};
  LinearPair<double> network{Seed{1}};
  for (const SgdOptions& bad :
       {SgdOptions{.momentum = 1 - 1e-8}, SgdOptions{.learning_rate = 1e39}, SgdOptions{.learning_rate = 1e-60},
        SgdOptions{.weight_decay = 1e39}, SgdOptions{.weight_decay = 1e-60}}) {
    CHECK_THROWS_AS(Sgd{bad}.step(single), ArgumentError);
    CHECK_NOTHROW(Sgd{bad}.step(network));
  }
  CHECK_THROWS_AS((Sgd{{}, {{"*.bias", {.momentum = 1 - 1e-8}}}}.step(single)), ArgumentError);
}
