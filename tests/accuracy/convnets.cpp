// SPDX-License-Identifier: MIT
#include "accuracy/convnets.hpp"

#include "odot/odot.hpp"

using namespace odot::test;

TEST_CASE("convolutions of other kinds of inputs of any size are as exact as float allows") {
  convolutions_of_any_size<OnCpu>();
}
TEST_CASE("pooled and enlarged images of any size are as exact as float allows") { pools_of_any_size<OnCpu>(); }
TEST_CASE("norms of channels of inputs of any size are as exact as float allows") {
  norms_of_channels_of_any_size<OnCpu>();
}
TEST_CASE("an embedding's gradient is as exact as float allows over any number of samples") {
  embeddings_of_many_samples<OnCpu>(1'000'000);
}
TEST_CASE("gradients of convolutions of other kinds are as exact as float allows over any number of samples") {
  convnet_gradients_over_samples<OnCpu>();
}
