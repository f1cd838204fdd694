// SPDX-License-Identifier: MIT
// The Gpu's float within the same bounds as the Cpu's: what copies or rounds, losses, updates and streams.

#include <doctest/doctest.h>

#include "accuracy/elements.hpp"
#include "accuracy/losses.hpp"
#include "accuracy/on_gpu.hpp"
#include "accuracy/streams.hpp"
#include "accuracy/updates.hpp"
#include "odot/gpu.hpp"
#include "odot/odot.hpp"

using namespace odot::test;

TEST_CASE("gpu: what copies numbers copies those of any size") { copies_of_any_size<OnGpu>(); }
TEST_CASE("gpu: what rounds every number once or twice is as exact as float allows") { elements_of_any_size<OnGpu>(); }
TEST_CASE("gpu: fixed statistics of any size are as exact as float allows") { fixed_norms_of_any_size<OnGpu>(); }
TEST_CASE("gpu: gradients of many samples are as exact as float allows") { gradients_of_many_samples<OnGpu>(100'000); }
TEST_CASE("gpu: the positions of many tokens are as exact as float allows") { sinusoidal_positions<OnGpu>(); }
TEST_CASE("gpu: losses of labels are as exact as float allows, for outputs of any size and any number of classes") {
  losses_of_labels<OnGpu>(100'000);
}
TEST_CASE("gpu: losses of numbers are as exact as float allows, for outputs of any size and any number of them") {
  losses_of_numbers<OnGpu>(1'000'000);
}
TEST_CASE("gpu: optimizers take the steps of double, for gradients of any size and any number of steps") {
  optimizers<OnGpu>(1'000);
}
TEST_CASE("gpu: norms of gradients of any size and length are those of double, and what is clipped by them") {
  clipping<OnGpu>(1'000'000);
}
TEST_CASE("gpu: streams of tokens of any size are as exact as float allows") {
  streams_of_any_size<2, OnGpu>();
  streams_of_any_size<6, OnGpu>();
}
TEST_CASE("gpu: streams of many tokens are as exact as float allows") {
  long_stream<2, OnGpu>(10'000);
  long_stream<6, OnGpu>(10'000);
}
