// SPDX-License-Identifier: MIT
#include "odot/kernels/loss_sums.hpp"

#include <doctest/doctest.h>

using namespace odot;

TEST_CASE("a label within the classes is an index, others are rejected in the loss's name") {
  CHECK(kernels::checked_label("Loss", 0, 5, 3) == 0);
  CHECK(kernels::checked_label("Loss", 2, 5, 3) == 2);
  CHECK_THROWS_WITH_AS(kernels::checked_label("Loss", 3, 5, 3),
                       "odot::Loss: label of sample 5: expected 0 to 2, found 3", ArgumentError);
  CHECK_THROWS_AS(kernels::checked_label("Loss", -1, 5, 3), ArgumentError);
}
