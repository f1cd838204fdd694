// SPDX-License-Identifier: MIT
#include "odot/optim/adam.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <string>
#include <utility>

#include "odot/kernels/adam/cpu.hpp"
#include "support/optimizer_reference.hpp"

using namespace odot;
using namespace odot::test;
using optim::Adam, optim::AdamOptions, optim::AdamW;

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
                       "odot::optim: learning_rate must be at least 0.000000 and less than inf, found -1.000000",
                       ArgumentError);
  for (const AdamOptions& bad :
       {AdamOptions{.learning_rate = nan}, AdamOptions{.learning_rate = infinity}, AdamOptions{.beta1 = 1},
        AdamOptions{.beta1 = -0.1}, AdamOptions{.beta2 = 1}, AdamOptions{.beta2 = nan}, AdamOptions{.eps = -1e-8},
        AdamOptions{.weight_decay = -0.1}}) {
    CHECK_THROWS_AS(Adam{bad}, ArgumentError);
    CHECK_THROWS_AS((Adam{{}, {{"*", bad}}}), ArgumentError);  // in a group too
  }
  CHECK_THROWS_AS(AdamW({.weight_decay = nan}), ArgumentError);
  CHECK_NOTHROW(Adam({.learning_rate = 0, .beta1 = 0, .beta2 = 0, .eps = 0}));
}
