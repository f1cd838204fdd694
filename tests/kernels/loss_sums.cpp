// SPDX-License-Identifier: MIT
#include "odot/kernels/loss_sums.hpp"

#include <doctest/doctest.h>

#include <cmath>

using odot::kernels::LossSums;

TEST_CASE("mean and accuracy are per sample, the latter in %") {
  const LossSums sums{.loss = 6, .correct = 1, .samples = 8, .labelled = true};
  CHECK(sums.mean() == 0.75);
  CHECK(sums.accuracy() == 12.5);
}

TEST_CASE("without samples there is no mean, without labels no accuracy") {
  CHECK(std::isnan(LossSums{}.mean()));
  CHECK(std::isnan(LossSums{.labelled = true}.accuracy()));
  CHECK(std::isnan(LossSums{.loss = 6, .samples = 8}.accuracy()));
}
