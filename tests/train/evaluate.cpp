// SPDX-License-Identifier: MIT
#include "odot/train/evaluate.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "support/small_training.hpp"

using namespace odot;
using namespace odot::test;

TEST_CASE("loss and hits are those of every sample by itself, in more than one batch") {
  const auto [train, test] = small_data(1, 1500);
  const SmallNetwork network{Seed{1}, nn::init::normal(0.3)};
  Workspace<Cpu> workspace(2);
  const nn::LossSums sums = evaluate(network, workspace, test);

  double loss = 0;
  std::int64_t correct = 0;
  Batch<SmallImage> x(1);
  for (std::size_t n = 0; n < test.size(); ++n) {
    std::ranges::transform(test.sample(n), x.data(), [](std::uint8_t p) { return static_cast<float>(p) / 255; });
    const auto y = network.predict(x);
    const auto label = static_cast<std::size_t>(test.targets[n]);
    loss -= static_cast<double>(y[0][label]);
    correct += std::ranges::max_element(y.span()) - y.span().begin() == test.targets[n];
  }
  CHECK(sums.samples == 1500);
  CHECK(sums.correct == correct);
  CHECK(correct > 0);
  CHECK(std::abs(sums.loss - loss) <= 1e-4 * loss);
}

TEST_CASE("an empty dataset is rejected") {
  const SmallNetwork network{Seed{1}};
  Workspace<Cpu> workspace(1);
  CHECK_THROWS_AS(evaluate(network, workspace, small_data(1, 1).test.first(0)), ArgumentError);
}
