// SPDX-License-Identifier: MIT
#include "accuracy/images.hpp"

#include "odot/odot.hpp"

using namespace odot::test;

TEST_CASE("products of inputs of any size are as exact as float allows") { products_of_any_size<OnCpu>(); }
TEST_CASE("batch norm of inputs of any size is as exact as float allows") { norms_of_any_size<OnCpu>(); }
TEST_CASE("attention maps of inputs of any size are as exact as float allows") { attention_maps_of_any_size<OnCpu>(); }
