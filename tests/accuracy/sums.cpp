// SPDX-License-Identifier: MIT
#include "accuracy/sums.hpp"

#include "odot/odot.hpp"

using namespace odot::test;

TEST_CASE("products, norms and softmaxes over many numbers are as exact as float allows") {
  long_rows<1, OnCpu>();
  long_rows<100'000, OnCpu>();
  long_rows<1'000'000, OnCpu>();
  long_rows<10'000'000, OnCpu>();  // with $ODOT_ACCURACY_WORK
  norms_of_many_samples<OnCpu>(10'000'000);
}
TEST_CASE("convolutions of many pixels are as exact as float allows") { convolutions_of_many_pixels<OnCpu>(); }
TEST_CASE("attention maps of long rows and columns are as exact as float allows") {
  long_maps<1'000, OnCpu>();
  long_maps<100'000, OnCpu>();
}
