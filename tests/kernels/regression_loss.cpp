// SPDX-License-Identifier: MIT
#include "odot/kernels/regression_loss.hpp"
#include "odot/kernels/parallel/cpu/parallel.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "odot/core/tensor.hpp"
#include "support/difference.hpp"
#include "support/hash_uniform.hpp"
#include "support/reference.hpp"
#include "support/row_cases.hpp"

using namespace odot;
using namespace odot::test;

namespace {

using Kernel = kernels::RegressionLoss<Cpu>;
using kernels::Deviation, kernels::LossSums;
using Sh = Shape<2, 3>;
using Values = Batch<Sh, double>;

}  // namespace

TEST_CASE("the mean of each sample is added up, the gradient is overwritten") {
  Workspace<Cpu> workspace(1);
  const Batch<Shape<2>, double> y(2, {1, 2, 3, 4});
  const std::vector<double> targets{1, 5, 1, 4.5};  // differences 0, −3, 2, −0.5
  Batch<Shape<2>, double> dy(2, {9, 9, 9, 9});
  LossSums sums{.loss = 100, .correct = 10, .samples = 1000};
  Kernel::evaluate<Shape<2>, double>(workspace, Deviation::squared, y, targets, 0.5, dy, &sums);
  CHECK(sums.loss == 100 + 9.0 / 2 + 4.25 / 2);
  CHECK(sums.correct == 10);
  CHECK(sums.samples == 1002);
  CHECK(difference(dy.span(), std::vector<double>{0, -1.5, 1, -0.25}, 0) == "");
  Kernel::evaluate<Shape<2>, double>(workspace, Deviation::absolute, y, targets, 0.5, dy, &sums);
  CHECK(sums.loss == 100 + 9.0 / 2 + 4.25 / 2 + 3.0 / 2 + 2.5 / 2);
  CHECK(difference(dy.span(), std::vector<double>{0, -0.25, 0.25, -0.25}, 0) == "");
}

TEST_CASE("loss and gradient match PyTorch") {
  const Reference reference("losses.txt");
  Workspace<Cpu> workspace(1);
  for (const auto& [name, deviation] :
       {std::pair{std::string("squared"), Deviation::squared}, {std::string("absolute"), Deviation::absolute}}) {
    Values y(4), dy(4);
    std::ranges::copy(reference.values(name + ".y"), y.data());
    const std::vector<double>& targets = reference.values(name + ".targets");
    LossSums sums;
    Kernel::evaluate<Sh, double>(workspace, deviation, y, targets, 1.0 / 4, dy, &sums);
    CHECK(std::abs(sums.loss / 4 - reference.number(name + ".loss")) <= 1e-11);
    CHECK(difference(dy.span(), reference.values(name + ".gradient"), 1e-11) == "");
  }
}

TEST_CASE("without a gradient the sums are the same, and so are the bits on any number of threads") {
  constexpr std::size_t samples = 9000;
  Values y(samples), dy(samples);
  std::ranges::copy(hash_uniform(y.size(), 0), y.data());
  const std::vector<double> targets = hash_uniform(y.size(), 100'000);
  for (const Deviation deviation : {Deviation::squared, Deviation::absolute}) {
    LossSums expected;
    Workspace<Cpu> one(1);
    Kernel::evaluate<Sh, double>(one, deviation, y, targets, 1.0, dy, &expected);
    CHECK(expected.loss > 1);
    for (const int threads : {1, 2, 3}) {
      Workspace<Cpu> workspace(threads);
      LossSums sums, without;
      Values gradient(samples);
      Kernel::evaluate<Sh, double>(workspace, deviation, y, targets, 1.0, gradient, &sums);
      Kernel::evaluate<Sh, double>(workspace, deviation, y, targets, 1.0, BatchView<Sh, double>(), &without);
      CHECK(std::ranges::equal(gradient.span(), dy.span()));
      CHECK(sums.loss == expected.loss);
      CHECK(without.loss == expected.loss);
      CHECK(without.samples == samples);
    }
  }
}

TEST_CASE("NaN in an output is NaN in loss and gradient") {
  Workspace<Cpu> workspace(1);
  const Batch<Shape<1>> y(1, {std::numeric_limits<float>::quiet_NaN()});
  const std::vector<float> targets{0};
  for (const Deviation deviation : {Deviation::squared, Deviation::absolute}) {
    Batch<Shape<1>> dy(1);
    LossSums sums;
    Kernel::evaluate<Shape<1>, float>(workspace, deviation, y, targets, 1.0f, dy, &sums);
    CHECK(std::isnan(sums.loss));
    CHECK(std::isnan(dy[0](0)));
  }
}

TEST_CASE("what is not finite shows in loss and gradient") {
  check_regression_numbers<kernels::RegressionLoss, Cpu, kernels::LossSums>(kernels::Deviation::squared,
                                                                            kernels::Deviation::absolute);
}
