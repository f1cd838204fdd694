// SPDX-License-Identifier: MIT
#include "odot/kernels/adam.hpp"
#include "odot/kernels/parallel/cpu/parallel.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <span>
#include <vector>

#include "support/difference.hpp"
#include "support/hash_uniform.hpp"

using namespace odot;
using namespace odot::test;
using kernels::AdamStep;

TEST_CASE("the first step matches hand-computed values") {
  Workspace<Cpu> workspace(1);
  const std::vector<double> gradient{2, -3, 0};
  std::vector<double> parameter{1, 1, 1}, first(3), second(3);
  const AdamStep step{.learning_rate = 0.5, .beta1 = 0.75, .beta2 = 0.5, .eps = 1, .step = 1};
  kernels::Adam<Cpu>::update<double>(workspace, step, gradient, parameter, first, second);
  // m = 0.25 g, v = 0.5 g²; corrected m/0.25 = g, v/0.5 = g²; p = 1 − 0.5 g/(|g| + 1)
  CHECK(difference(first, std::vector<double>{0.5, -0.75, 0}, 0) == "");
  CHECK(difference(second, std::vector<double>{2, 4.5, 0}, 0) == "");
  CHECK(difference(parameter, std::vector<double>{1 - 0.5 * 2 / 3, 1 + 0.5 * 3 / 4, 1}, 1e-15) == "");
}

TEST_CASE("weight decay enters the gradient") {
  Workspace<Cpu> workspace(1);
  const std::vector<double> gradient{1};
  std::vector<double> parameter{10}, first(1), second(1);
  const AdamStep step{.learning_rate = 1, .beta1 = 0.5, .beta2 = 0.5, .eps = 0, .weight_decay = 0.5, .step = 1};
  kernels::Adam<Cpu>::update<double>(workspace, step, gradient, parameter, first, second);
  CHECK(first[0] == 3);    // 0.5 · (1 + 0.5 · 10)
  CHECK(second[0] == 18);  // 0.5 · 6²
  CHECK(parameter[0] == 9);
}

TEST_CASE("decoupled, weight decay takes its share of the parameter and leaves the moments alone") {
  Workspace<Cpu> workspace(1);
  const std::vector<double> gradient{1};
  std::vector<double> parameter{10}, first(1), second(1);
  const AdamStep step{
      .learning_rate = 0.5, .beta1 = 0.5, .beta2 = 0.5, .eps = 0, .weight_decay = 0.25, .step = 1, .decoupled = true};
  kernels::Adam<Cpu>::update<double>(workspace, step, gradient, parameter, first, second);
  CHECK(first[0] == 0.5);
  CHECK(second[0] == 0.5);
  CHECK(parameter[0] == 10 - 0.5 * 0.25 * 10 - 0.5);
}

TEST_CASE("later steps match the definition, over several chunks, the same bits on any number of threads") {
  constexpr std::size_t size = 5000;
  constexpr AdamStep options{};
  std::vector<double> expected = hash_uniform(size, 0), m(size), v(size);
  for (std::size_t t = 1; t <= 3; ++t)
    for (std::size_t i = 0; i < size; ++i) {
      const double g = hash_uniform(t * size + i);
      m[i] = 0.9 * m[i] + 0.1 * g;
      v[i] = 0.999 * v[i] + 0.001 * g * g;
      const double mean = m[i] / (1 - std::pow(0.9, t)), square = v[i] / (1 - std::pow(0.999, t));
      expected[i] -= options.learning_rate * mean / (std::sqrt(square) + options.eps);
    }
  std::vector<double> on_one_thread;
  for (const int threads : {1, 2, 3}) {
    Workspace<Cpu> workspace(threads);
    std::vector<double> parameter = hash_uniform(size, 0), first(size), second(size);
    for (std::size_t t = 1; t <= 3; ++t) {
      AdamStep step = options;
      step.step = t;
      const std::vector<double> gradient = hash_uniform(size, t * size);
      kernels::Adam<Cpu>::update<double>(workspace, step, gradient, parameter, first, second);
    }
    CHECK(difference(parameter, expected, 1e-13) == "");
    CHECK(difference(first, m, 1e-13) == "");
    CHECK(difference(second, v, 1e-13) == "");
    if (threads == 1) on_one_thread = parameter;
    CHECK(parameter == on_one_thread);
  }
}

TEST_CASE("a second moment that overflows makes its parameter NaN, and no other") {
  Workspace<Cpu> workspace(1);
  std::vector<float> gradient(20, 1), parameter(20, 1), first(20), second(20);
  gradient[3] = -1e25f;
  kernels::Adam<Cpu>::update<float>(workspace, AdamStep{}, gradient, parameter, first, second);
  for (std::size_t i = 0; i < parameter.size(); ++i) CHECK(std::isnan(parameter[i]) == (i == 3));
}

TEST_CASE(
    "moments that nothing is added to any more end at 0, not among subnormal numbers; without eps, v keeps them") {
  for (const double eps : {1e-8, 0.0}) {
    std::vector<float> p{1}, m{1e-38f}, v{1e-38f};
    const std::vector<float> nothing{0};
    Workspace<Cpu> workspace(1);
    kernels::AdamStep step;
    step.eps = eps;
    step.beta2 = 0.9;
    for (step.step = 1; step.step <= 10; ++step.step)
      kernels::Adam<Cpu>::update<float>(workspace, step, nothing, p, m, v);
    CHECK(m[0] == 0);
    if (eps > 0) CHECK(v[0] == 0);
    else CHECK(v[0] == doctest::Approx(1e-38 * std::pow(0.9, 10)).epsilon(1e-3));
    CHECK(std::isfinite(p[0]));
  }
}
