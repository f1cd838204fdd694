// SPDX-License-Identifier: MIT
#include "accuracy/tokens.hpp"

#include "odot/odot.hpp"

using namespace odot::test;

TEST_CASE("dot-product attention of tokens of any size is as exact as float allows") {
  dot_products_of_any_size<OnCpu>();
}
TEST_CASE("dot-product attention of long sequences is as exact as float allows") {
  long_dot_products<1'000, OnCpu>();
  long_dot_products<10'000, OnCpu>();
}
TEST_CASE("element-wise attention of tokens of any size is as exact as float allows") {
  element_wise_of_any_size<0, false, OnCpu>();
  element_wise_of_any_size<0, true, OnCpu>();
  element_wise_of_any_size<2, false, OnCpu>();
  element_wise_of_any_size<6, false, OnCpu>();
  element_wise_of_any_size<6, true, OnCpu>();
  element_wise_of_any_size<16, false, OnCpu>();
}
TEST_CASE("element-wise attention of long sequences is as exact as float allows") {
  long_element_wise<1'000, 2, false, OnCpu>(1e-6, 1e-5);
  long_element_wise<1'000, 6, true, OnCpu>(1e-6, 1e-5);
  long_element_wise<100'000, 2, true, OnCpu>(1e-6, 1e-4);
  long_element_wise<100'000, 6, false, OnCpu>(1e-6, 1e-4);
  long_element_wise<100'000, 6, true, OnCpu>(1e-6, 1e-4);
  long_element_wise<1'000'000, 2, false, OnCpu>(1e-6, 1e-4);
  long_element_wise<1'000'000, 2, true, OnCpu>(1e-6, 1e-4);
  long_element_wise<4'000, 0, false, OnCpu>(1e-6, 1e-5);
}
