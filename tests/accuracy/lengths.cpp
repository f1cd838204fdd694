// SPDX-License-Identifier: MIT
#include "accuracy/tokens.hpp"
#include "odot/odot.hpp"

using namespace odot::test;

TEST_CASE("dot-product attention of sequences of any length is as exact as float allows") {
  long_dot_products<1, OnCpu>();
  long_dot_products<100, OnCpu>();
  long_dot_products<1'000, OnCpu>();
  long_dot_products<10'000, OnCpu>();
  long_dot_products<100'000, OnCpu>();  // minutes
}
TEST_CASE("element-wise attention of sequences of any length is as exact as float allows") {
  long_element_wise<1, 6, false, OnCpu>();
  long_element_wise<100, 6, false, OnCpu>();
  long_element_wise<1'000, 2, false, OnCpu>();
  long_element_wise<1'000, 6, true, OnCpu>();
  long_element_wise<100'000, 2, true, OnCpu>();
  long_element_wise<100'000, 6, false, OnCpu>();
  long_element_wise<100'000, 6, true, OnCpu>();
  long_element_wise<100'000, 16, false, OnCpu>();
  long_element_wise<1'000'000, 2, false, OnCpu>();
  long_element_wise<1'000'000, 2, true, OnCpu>();
  long_element_wise<10'000'000, 6, false, OnCpu>();  // minutes, as the next one
  long_element_wise<10'000'000, 6, true, OnCpu>();
}
TEST_CASE("the full form of sequences of any length is as exact as float allows") {
  long_element_wise<100, 0, false, OnCpu>();
  long_element_wise<4'000, 0, false, OnCpu>();
  long_element_wise<100'000, 0, false, OnCpu>();  // minutes
}
