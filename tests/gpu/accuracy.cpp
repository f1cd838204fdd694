// SPDX-License-Identifier: MIT
// The Gpu's float within the same bounds as the Cpu's: tests/accuracy on the device.

#include <doctest/doctest.h>

#include "accuracy/images.hpp"
#include "accuracy/on_gpu.hpp"
#include "accuracy/rows.hpp"
#include "accuracy/samples.hpp"
#include "accuracy/tokens.hpp"
#include "odot/gpu.hpp"
#include "odot/odot.hpp"

using namespace odot::test;

TEST_CASE("gpu: products of inputs of any size are as exact as float allows") { products_of_any_size<OnGpu>(); }
TEST_CASE("gpu: batch norm of inputs of any size is as exact as float allows") { norms_of_any_size<OnGpu>(); }
TEST_CASE("gpu: attention maps of inputs of any size are as exact as float allows") {
  attention_maps_of_any_size<OnGpu>();
}
TEST_CASE("gpu: activations, norms and softmaxes of inputs of any size are as exact as float allows") {
  rows_of_any_size<OnGpu>();
}
TEST_CASE("gpu: the mean of many tokens is as exact as float allows") {
  mean_of_tokens<1'000, OnGpu>();
  mean_of_tokens<1'000'000, OnGpu>();
}
TEST_CASE("gpu: dot-product attention of tokens of any size, and of many tokens, is as exact as float allows") {
  dot_products_of_any_size<OnGpu>();
  long_dot_products<1, OnGpu>();
  long_dot_products<1'000, OnGpu>();
}
TEST_CASE("gpu: element-wise attention of tokens of any size is as exact as float allows") {
  element_wise_forms_of_any_size<OnGpu>();
}
TEST_CASE("gpu: element-wise attention of long sequences is as exact as float allows") {
  long_element_wise<100'000, 6, false, OnGpu>();
  long_element_wise<100'000, 6, true, OnGpu>();
}
TEST_CASE("gpu: gradients of parameters are as exact as float allows over any number of samples") {
  gradients_over_samples<OnGpu, 20>();
}
TEST_CASE("gpu: gradients of parameters are as exact as float allows over any number of pixels") {
  gradients_over_pixels<OnGpu>();
}
