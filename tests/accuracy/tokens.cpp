// SPDX-License-Identifier: MIT
#include "accuracy/tokens.hpp"

#include "odot/odot.hpp"

using namespace odot::test;

TEST_CASE("dot-product attention of tokens of any size is as exact as float allows") {
  dot_products_of_any_size<OnCpu>();
}
TEST_CASE("element-wise attention of tokens of any size is as exact as float allows") {
  element_wise_of_any_size<0, false, OnCpu>();
  element_wise_of_any_size<0, true, OnCpu>();
  element_wise_of_any_size<2, false, OnCpu>();
  element_wise_of_any_size<6, false, OnCpu>();
  element_wise_of_any_size<6, true, OnCpu>();
  element_wise_of_any_size<16, false, OnCpu>();
}
