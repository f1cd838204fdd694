// SPDX-License-Identifier: MIT
#include "odot/kernels/cross_entropy.hpp"
#include "odot/kernels/parallel/cpu/parallel.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "odot/core/tensor.hpp"
#include "support/difference.hpp"
#include "support/hash_uniform.hpp"
#include "support/reference.hpp"
#include "support/row_cases.hpp"

using namespace odot;
using namespace odot::test;

namespace {

using Kernel = kernels::CrossEntropy<Cpu>;
using Labels = std::vector<std::int32_t>;
using kernels::LossSums;
template <std::size_t K>
using Values = Batch<Shape<K>, double>;
template <std::size_t K>
using None = BatchView<Shape<K>, double>;

}  // namespace

TEST_CASE("losses, hits and samples are added up, the gradient is overwritten") {
  Workspace<Cpu> workspace(1);
  const double a = std::log(3.0);
  const Values<2> y(2, {a, 0, 5, 5 - a});  // softmax 3/4, 1/4 in both
  Values<2> dy(2, {9, 9, 9, 9});
  LossSums sums{.loss = 100, .correct = 10, .samples = 1000};
  Kernel::evaluate<double, 2>(workspace, y, Labels{0, 1}, 0.5, dy, &sums);
  CHECK(std::abs(sums.loss - (100 - std::log(0.75) - std::log(0.25))) <= 1e-13);
  CHECK(sums.correct == 11);
  CHECK(sums.samples == 1002);
  CHECK(difference(dy.span(), std::vector<double>{-0.125, 0.125, 0.375, -0.375}, 1e-14) == "");
}

TEST_CASE("loss and gradient match PyTorch") {
  const Reference reference("losses.txt");
  Workspace<Cpu> workspace(1);
  Values<4> y(5), dy(5);
  std::ranges::copy(reference.values("cross_entropy.y"), y.data());
  LossSums sums;
  Kernel::evaluate<double, 4>(workspace, y, reference.labels("cross_entropy.targets"), 1.0 / 5, dy, &sums);
  CHECK(std::abs(sums.loss / 5 - reference.number("cross_entropy.loss")) <= 1e-11);
  CHECK(difference(dy.span(), reference.values("cross_entropy.gradient"), 1e-11) == "");
}

TEST_CASE("large logits neither overflow nor lose the loss") {
  Workspace<Cpu> workspace(1);
  const Batch<Shape<3>> y(2, {1e4f, -1e4f, 0, -1e30f, -1e30f, -1e30f});
  Batch<Shape<3>> dy(2);
  LossSums sums;
  Kernel::evaluate<float, 3>(workspace, y, Labels{1, 2}, 1.0f, dy, &sums);
  CHECK(std::abs(sums.loss - (2e4 + std::log(3.0))) <= 1e-3);
  CHECK(difference(dy.span(), std::vector<double>{1, -1, 0, 1.0 / 3, 1.0 / 3, -2.0 / 3}, 1e-6) == "");
}

TEST_CASE("NaN in a logit is NaN in the loss") {
  Workspace<Cpu> workspace(1);
  const Values<3> y(1, {0, std::numeric_limits<double>::quiet_NaN(), 0});
  LossSums sums;
  Kernel::evaluate<double, 3>(workspace, y, Labels{0}, 1.0, None<3>(), &sums);
  CHECK(std::isnan(sums.loss));
}

TEST_CASE("without a gradient the sums are the same, and so are the bits on any number of threads") {
  Values<7> y(1500), dy(1500);
  Labels labels(1500);
  for (std::size_t n = 0; n < 1500; ++n) labels[n] = static_cast<std::int32_t>(n % 7);
  std::ranges::copy(hash_uniform(y.size(), 0), y.data());
  LossSums expected;
  Workspace<Cpu> one(1);
  Kernel::evaluate<double, 7>(one, y, labels, 1.0, dy, &expected);
  CHECK(expected.correct > 100);
  for (const int threads : {1, 2, 3}) {
    Workspace<Cpu> workspace(threads);
    LossSums sums, without;
    Values<7> gradient(1500);
    Kernel::evaluate<double, 7>(workspace, y, labels, 1.0, gradient, &sums);
    Kernel::evaluate<double, 7>(workspace, y, labels, 1.0, None<7>(), &without);
    CHECK(std::ranges::equal(gradient.span(), dy.span()));
    for (const LossSums& found : {sums, without}) {
      CHECK(found.loss == expected.loss);
      CHECK(found.correct == expected.correct);
      CHECK(found.samples == 1500);
    }
  }
}

TEST_CASE("a label outside of the classes is rejected, with its position and range, before anything is added") {
  Workspace<Cpu> workspace(1);
  const Values<3> y(2, {-1, -2, -3, -1, -2, -3});
  LossSums sums;
  for (const std::int32_t label : {-1, 3, 1'000'000})
    CHECK_THROWS_WITH_AS(
        (Kernel::evaluate<double, 3>(workspace, y, Labels{2, label}, 1.0, None<3>(), &sums)),
        ("odot::CrossEntropy: label of sample 1: expected 0 to 2, found " + std::to_string(label)).c_str(),
        ArgumentError);
  CHECK(sums.samples == 0);
  CHECK(sums.loss == 0);
}

TEST_CASE("NaN is in loss and gradient and is no hit") {
  check_labels_of_nan<kernels::CrossEntropy, Cpu, kernels::LossSums>(true);
}
