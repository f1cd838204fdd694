// SPDX-License-Identifier: MIT
// The Gpu's float within the same bounds as the Cpu's: activations, convnets' layers and losses with options.

#include <doctest/doctest.h>

#include "accuracy/activations.hpp"
#include "accuracy/convnets.hpp"
#include "accuracy/losses.hpp"
#include "accuracy/on_gpu.hpp"
#include "odot/gpu.hpp"
#include "odot/odot.hpp"

using namespace odot::test;

TEST_CASE("gpu: further activations of inputs of any size are as exact as float allows") {
  activations_of_any_size<OnGpu>();
}
TEST_CASE("gpu: probabilities of inputs of any size are as exact as float allows") {
  probabilities_of_any_size<OnGpu>();
}
TEST_CASE("gpu: norms by the root mean square of inputs of any size are as exact as float allows") {
  root_mean_squares_of_any_size<OnGpu>();
}
TEST_CASE("gpu: convolutions of other kinds of inputs of any size are as exact as float allows") {
  convolutions_of_any_size<OnGpu>();
}
TEST_CASE("gpu: pooled and enlarged images of any size are as exact as float allows") { pools_of_any_size<OnGpu>(); }
TEST_CASE("gpu: norms of channels of inputs of any size are as exact as float allows") {
  norms_of_channels_of_any_size<OnGpu>();
}
TEST_CASE("gpu: an embedding's gradient is as exact as float allows over any number of samples") {
  embeddings_of_many_samples<OnGpu>(10'000);
}
TEST_CASE("gpu: gradients of convolutions of other kinds are as exact as float allows over any number of samples") {
  convnet_gradients_over_samples<OnGpu, 20>();
}
TEST_CASE("gpu: losses of labels with options are as exact as float allows, for outputs of any size") {
  losses_with_options<OnGpu>();
}
TEST_CASE("gpu: losses of probabilities are as exact as float allows, for outputs of any size and any number of them") {
  losses_of_probabilities<OnGpu>();
}
