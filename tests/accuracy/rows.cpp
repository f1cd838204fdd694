// SPDX-License-Identifier: MIT
#include "accuracy/rows.hpp"

#include "odot/odot.hpp"

using namespace odot::test;

TEST_CASE("activations, norms and softmaxes of inputs of any size are as exact as float allows") {
  rows_of_any_size<OnCpu>();
}
TEST_CASE("the mean of many tokens is as exact as float allows") {
  mean_of_tokens<1'000, OnCpu>();
  mean_of_tokens<100'000, OnCpu>();
  mean_of_tokens<10'000'000, OnCpu>();
}
