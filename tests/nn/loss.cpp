// SPDX-License-Identifier: MIT
#include "odot/nn/loss.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <vector>

#include "odot/core/tensor.hpp"
#include "odot/kernels/nll/cpu.hpp"

using namespace odot;

TEST_CASE("the negative log-likelihood adds up losses and hits, and scales the gradient") {
  Workspace<Cpu> workspace(1);
  const Batch<Shape<2>> y(2, {-0.25f, -1.5f, -3.0f, -0.5f});
  Batch<Shape<2>> dy(2, {7, 7, 7, 7});
  const std::vector<std::int32_t> labels{1, 1};
  nn::LossSums sums;
  nn::NegativeLogLikelihood::evaluate(workspace, y.view(), labels, 0.5, dy.view(), &sums);
  CHECK(sums.loss == 2.0);  // 1.5 + 0.5
  CHECK(sums.correct == 1);
  CHECK(sums.samples == 2);
  CHECK(std::vector<float>(dy.span().begin(), dy.span().end()) == std::vector<float>{0, -0.5f, 0, -0.5f});
}
