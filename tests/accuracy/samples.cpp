// SPDX-License-Identifier: MIT
#include "accuracy/samples.hpp"

#include "odot/odot.hpp"

using namespace odot::test;

TEST_CASE("gradients of parameters are as exact as float allows over any number of samples") {
  gradients_over_samples<OnCpu>();
}
TEST_CASE("gradients of parameters are as exact as float allows over any number of pixels") {
  gradients_over_pixels<OnCpu>();
  check_pixels<WideWinograd, OnCpu>("Conv2d, Winograd, over pixels", 16, 1e-6);
}
