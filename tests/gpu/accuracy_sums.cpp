// SPDX-License-Identifier: MIT
// The Gpu's float within the same bounds as the Cpu's: sums of many terms.

#include <doctest/doctest.h>

#include "accuracy/on_gpu.hpp"
#include "accuracy/sums.hpp"
#include "odot/gpu.hpp"
#include "odot/odot.hpp"

using namespace odot::test;

TEST_CASE("gpu: products, norms and softmaxes over many numbers are as exact as float allows") {
  long_rows<1, OnGpu>();
  long_rows<100'000, OnGpu>();
  long_rows<1'000'000, OnGpu>();
  norms_of_many_samples<OnGpu>(100'000);
}
TEST_CASE("gpu: convolutions of many pixels are as exact as float allows") { convolutions_of_many_pixels<OnGpu>(); }
TEST_CASE("gpu: attention maps of long rows and columns are as exact as float allows") {
  long_maps<1'000, OnGpu>();
  long_maps<100'000, OnGpu>();
}
