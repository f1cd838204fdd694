// SPDX-License-Identifier: MIT
#include "odot/nn/name.hpp"

#include <doctest/doctest.h>

#include <type_traits>

using namespace odot::nn;

static_assert(FixedString("weight").view() == "weight" && FixedString("").view().empty());
static_assert(FixedString("weight") == FixedString("weight"));
static_assert(Name<"running_mean">::text == "running_mean");
static_assert(!std::is_same_v<Name<"a">, Name<"b">>);

TEST_CASE("names are PyTorch's") {
  CHECK(weight.text == "weight");
  CHECK(bias.text == "bias");
  CHECK(running_mean.text == "running_mean");
  CHECK(running_var.text == "running_var");
}
