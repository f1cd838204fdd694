// SPDX-License-Identifier: MIT
#include "odot/kernels/sgd.hpp"
#include "odot/kernels/parallel/cpu/parallel.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "support/difference.hpp"
#include "support/hash_uniform.hpp"

using namespace odot;
using namespace odot::test;
using kernels::SGDStep;

namespace {

/// Two steps from p = 10, u = 0 along the gradients 1 and 2; p after each, then u.
std::vector<double> two_steps(const SGDStep& step) {
  Workspace<Cpu> workspace(1);
  std::vector<double> parameter{10}, velocity{0}, result;
  for (const double g : {1.0, 2.0}) {
    const std::vector<double> gradient{g};
    kernels::SGD<Cpu>::update<double>(workspace, step, gradient, parameter, velocity);
    result.push_back(parameter[0]);
  }
  result.push_back(velocity[0]);
  return result;
}

}  // namespace

TEST_CASE("steps match hand-computed values") {
  // plain: 10 − 0.5 · 1 = 9.5, 9.5 − 0.5 · 2 = 8.5
  CHECK(two_steps({.learning_rate = 0.5}) == std::vector<double>{9.5, 8.5, 2});
  // momentum: u = 1, then 0.5 · 1 + 2 = 2.5
  CHECK(two_steps({.learning_rate = 0.5, .momentum = 0.5}) == std::vector<double>{9.5, 8.25, 2.5});
  // Nesterov: 1 + 0.5 · 1 = 1.5, then 2 + 0.5 · 2.5 = 3.25
  CHECK(two_steps({.learning_rate = 0.5, .momentum = 0.5, .nesterov = true}) == std::vector<double>{9.25, 7.625, 2.5});
  // weight decay: g' = 1 + 0.25 · 10 = 3.5 → 8.25; g' = 2 + 0.25 · 8.25 = 4.0625 → 6.21875
  CHECK(two_steps({.learning_rate = 0.5, .weight_decay = 0.25}) == std::vector<double>{8.25, 6.21875, 4.0625});
}

TEST_CASE("Nesterov's step counts the weight decay once") {
  // g' = 1 + 0.25 · 10 = 3.5, u = 3.5, p = 10 − 0.5 · (3.5 + 0.5 · 3.5) = 7.375
  CHECK(two_steps({.learning_rate = 0.5, .momentum = 0.5, .weight_decay = 0.25, .nesterov = true})[0] == 7.375);
}

TEST_CASE("several chunks give the same bits on any number of threads") {
  constexpr std::size_t size = 9000;
  const std::vector<double> gradient = hash_uniform(size, size);
  for (const int threads : {1, 2, 3}) {
    Workspace<Cpu> workspace(threads);
    std::vector<double> parameter = hash_uniform(size, 0), velocity(size, 1.0);
    kernels::SGD<Cpu>::update<double>(workspace, {.learning_rate = 0.5, .momentum = 0.5}, gradient, parameter,
                                      velocity);
    std::vector<double> expected(size);
    for (std::size_t i = 0; i < size; ++i) expected[i] = hash_uniform(i) - 0.5 * (0.5 + gradient[i]);
    CHECK(difference(parameter, expected, 1e-15) == "");
  }
}

TEST_CASE("in float, the velocity of a momentum near 1 is that of double") {
  // Σ μᵏ, k < 20,000; by the float μ it is 1e-3 off
  Workspace<Cpu> workspace(1);
  const SGDStep step{.learning_rate = 1e-9, .momentum = 0.99999};
  const std::vector<float> gradient{1};
  std::vector<float> parameter{0}, velocity{0};
  double expected = 0;
  for (int t = 0; t < 20'000; ++t) {
    kernels::SGD<Cpu>::update<float>(workspace, step, gradient, parameter, velocity);
    expected = step.momentum * expected + 1;
  }
  CHECK(std::abs(static_cast<double>(velocity[0]) / expected - 1) <= 3e-4);
}

TEST_CASE("a velocity that nothing is added to any more ends at 0, not among subnormal numbers") {
  std::vector<float> p{1}, u{-1e-37f};
  const std::vector<float> nothing{0};
  Workspace<Cpu> workspace(1);
  for (int step = 0; step < 40; ++step)
    kernels::SGD<Cpu>::update<float>(workspace, {.learning_rate = 0.1, .momentum = 0.9}, nothing, p, u);
  CHECK(u[0] == 0);
}
