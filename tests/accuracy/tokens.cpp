// SPDX-License-Identifier: MIT
#include "accuracy/tokens.hpp"

#include "odot/odot.hpp"

using namespace odot::test;

TEST_CASE("dot-product attention of tokens of any size is as exact as float allows") {
  dot_products_of_any_size<OnCpu>();
}
TEST_CASE("element-wise attention of tokens of any size is as exact as float allows") {
  element_wise_forms_of_any_size<OnCpu>();
}
