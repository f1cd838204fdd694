// SPDX-License-Identifier: MIT
#include "accuracy/updates.hpp"

#include "odot/odot.hpp"

using namespace odot::test;

TEST_CASE("optimizers take the steps of double, for gradients of any size and any number of steps") {
  optimizers<OnCpu>(100'000);
}
TEST_CASE("norms of gradients of any size and length are those of double, and what is clipped by them") {
  clipping<OnCpu>(10'000'000);
}
