// SPDX-License-Identifier: MIT
#include "accuracy/activations.hpp"

#include "odot/odot.hpp"

using namespace odot::test;

TEST_CASE("further activations of inputs of any size are as exact as float allows") {
  activations_of_any_size<OnCpu>();
}
TEST_CASE("probabilities of inputs of any size are as exact as float allows") { probabilities_of_any_size<OnCpu>(); }
TEST_CASE("norms by the root mean square of inputs of any size are as exact as float allows") {
  root_mean_squares_of_any_size<OnCpu>();
}
