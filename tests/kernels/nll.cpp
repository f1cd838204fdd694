// SPDX-License-Identifier: MIT
#include "odot/kernels/nll.hpp"
#include "odot/kernels/parallel/cpu/parallel.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "odot/core/tensor.hpp"
#include "odot/kernels/log_softmax.hpp"
#include "support/difference.hpp"
#include "support/reference.hpp"
#include "support/row_cases.hpp"

using namespace odot;
using namespace odot::test;

namespace {

using Kernel = kernels::NegativeLogLikelihood<Cpu>;
using Values = Batch<Shape<3>, double>;
using Labels = std::vector<std::int32_t>;
using kernels::LossSums;

}  // namespace

TEST_CASE("losses, hits and samples are added up, the gradient is overwritten") {
  Workspace<Cpu> workspace(1);
  const Values y(2, {-1, -2, -3,  //
                     -0.5, -4, -0.25});
  Values dy(2, {9, 9, 9, 9, 9, 9});
  LossSums sums{.loss = 100, .correct = 10, .samples = 1000};
  Kernel::evaluate<double, 3>(workspace, y, Labels{1, 2}, 0.5, dy, &sums);
  CHECK(sums.loss == 102.25);  // 100 + 2 + 0.25
  CHECK(sums.correct == 11);   // the largest of the second sample is its label's
  CHECK(sums.samples == 1002);
  CHECK(difference(dy.span(), std::vector<double>{0, -0.5, 0, 0, 0, -0.5}, 0) == "");
}

TEST_CASE("without a gradient the sums are the same") {
  Workspace<Cpu> workspace(1);
  const Values y(2, {-1, -2, -3, -0.5, -4, -0.25});
  LossSums sums;
  Kernel::evaluate<double, 3>(workspace, y, Labels{0, 0}, 1.0, BatchView<Shape<3>, double>(), &sums);
  CHECK(sums.loss == 1.5);
  CHECK(sums.correct == 1);
  CHECK(sums.samples == 2);
}

TEST_CASE("a label outside of the classes is rejected, with its position and range") {
  Workspace<Cpu> workspace(1);
  const Values y(2, {-1, -2, -3, -1, -2, -3});
  LossSums sums;
  for (const std::int32_t label : {-1, 3, 1'000'000})
    CHECK_THROWS_WITH_AS(
        (Kernel::evaluate<double, 3>(workspace, y, Labels{2, label}, 1.0, BatchView<Shape<3>, double>(), &sums)),
        ("odot::NegativeLogLikelihood: label of sample 1: expected 0 to 2, found " + std::to_string(label)).c_str(),
        ArgumentError);
}

TEST_CASE("loss and gradient of the logits match PyTorch") {
  const Reference reference("activations.txt");
  Workspace<Cpu> workspace(1);
  Batch<Shape<4>, double> x(5), y(5), dy(5), dx(5);
  std::ranges::copy(reference.values("nll.logits"), x.data());
  kernels::LogSoftmax<Cpu>::forward<double, 4>(workspace, x, y);
  LossSums sums;
  Kernel::evaluate<double, 4>(workspace, y, reference.labels("nll.labels"), 1.0 / 5, dy, &sums);
  kernels::LogSoftmax<Cpu>::backward<double, 4>(workspace, y, dy, dx);
  CHECK(std::abs(sums.loss / 5 - reference.number("nll.loss")) <= 1e-11);
  CHECK(difference(dx.span(), reference.values("nll.gradient"), 1e-11) == "");
}

TEST_CASE("NaN is in the loss and is no hit") {
  check_labels_of_nan<kernels::NegativeLogLikelihood, Cpu, kernels::LossSums>(false);
}
