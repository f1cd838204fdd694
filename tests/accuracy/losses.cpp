// SPDX-License-Identifier: MIT
#include "accuracy/losses.hpp"

#include "odot/odot.hpp"

using namespace odot::test;

TEST_CASE("losses of labels are as exact as float allows, for outputs of any size and any number of classes") {
  losses_of_labels<OnCpu>(1'000'000);
}
TEST_CASE("losses of numbers are as exact as float allows, for outputs of any size and any number of them") {
  losses_of_numbers<OnCpu>(10'000'000);
}
TEST_CASE("losses of labels with options are as exact as float allows, for outputs of any size") {
  losses_with_options<OnCpu>();
}
TEST_CASE("losses of probabilities are as exact as float allows, for outputs of any size and any number of them") {
  losses_of_probabilities<OnCpu>();
}
