// SPDX-License-Identifier: MIT
#include "odot/kernels/linear/cpu/linear.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

#include "odot/core/tensor.hpp"
#include "support/difference.hpp"
#include "support/hash_uniform.hpp"
#include "support/worst_of.hpp"

using namespace odot;
using namespace odot::test;

namespace {

constexpr std::size_t In = 3, Out = 2;
using X = Batch<Shape<In>, double>;
using Y = Batch<Shape<Out>, double>;
using Weight = Tensor<Shape<Out, In>, double>;
using Bias = Tensor<Shape<Out>, double>;
using Kernel = kernels::Linear<Cpu>;

/// Inputs from a formula; outputs start as garbage.
struct Problem {
  explicit Problem(std::size_t samples) : x(samples), dx(samples), y(samples), dy(samples) {
    std::ranges::copy(hash_uniform(x.size(), 0), x.data());
    std::ranges::copy(hash_uniform(dy.size(), 10'000), dy.data());
    std::ranges::copy(hash_uniform(weight.size(), 20'000), weight.data());
    std::ranges::copy(hash_uniform(bias.size(), 30'000), bias.data());
    std::ranges::fill(y.span(), 77.0);
    std::ranges::fill(dx.span(), 77.0);
  }

  void forward(Workspace<Cpu>& workspace, TensorView<Shape<Out>, const double> optional_bias) {
    Kernel::forward<double, In, Out>(workspace, x, weight, optional_bias, y);
  }
  void backward(Workspace<Cpu>& workspace, TensorView<Shape<Out>, double> optional_dbias, bool with_input) {
    Kernel::backward<double, In, Out>(workspace, x, weight, dy, dweight, optional_dbias,
                                      with_input ? dx.view() : BatchView<Shape<In>, double>());
  }

  X x, dx;
  Y y, dy;
  Weight weight, dweight;
  Bias bias, dbias;
};

std::vector<double> naive_output(const Problem& p, bool with_bias) {
  std::vector<double> y;
  for (std::size_t n = 0; n < p.x.samples(); ++n)
    for (std::size_t o = 0; o < Out; ++o) {
      double sum = with_bias ? p.bias(o) : 0;
      for (std::size_t i = 0; i < In; ++i) sum += p.weight(o, i) * p.x[n](i);
      y.push_back(sum);
    }
  return y;
}

std::vector<double> values(const auto& owner) { return {owner.data(), owner.data() + owner.size()}; }

}  // namespace

TEST_CASE("forward matches the naive reference, on whole and on partial chunks of samples") {
  Workspace<Cpu> workspace(1);
  for (const std::size_t samples : {1u, 2u, 128u, 129u, 300u}) {
    Problem p(samples);
    p.forward(workspace, p.bias);
    CHECK(difference(p.y.span(), naive_output(p, true), 1e-14) == "");
    p.forward(workspace, {});
    CHECK(difference(p.y.span(), naive_output(p, false), 1e-14) == "");
  }
}

TEST_CASE("backward matches the naive reference and adds to parameter gradients") {
  Workspace<Cpu> workspace(1);
  for (const std::size_t samples : {1u, 129u, 2500u}) {  // 2500: a partial sum is made of several products
    Problem p(samples);
    std::ranges::fill_n(p.dweight.data(), Out * In, 3.0);
    std::ranges::fill_n(p.dbias.data(), Out, -5.0);
    std::vector<double> dweight(Out * In, 3.0), dbias(Out, -5.0), dx(p.x.size());
    for (std::size_t n = 0; n < samples; ++n)
      for (std::size_t o = 0; o < Out; ++o) {
        dbias[o] += p.dy[n](o);
        for (std::size_t i = 0; i < In; ++i) {
          dweight[o * In + i] += p.dy[n](o) * p.x[n](i);
          dx[n * In + i] += p.dy[n](o) * p.weight(o, i);
        }
      }
    p.backward(workspace, p.dbias, true);
    CHECK(difference(values(p.dweight), dweight, 1e-13) == "");
    CHECK(difference(values(p.dbias), dbias, 1e-13) == "");
    CHECK(difference(p.dx.span(), dx, 1e-13) == "");
  }
}

TEST_CASE("backward works without bias gradient and without input gradient") {
  Workspace<Cpu> workspace(1);
  Problem full(5), partial(5);
  full.backward(workspace, full.dbias, true);
  partial.backward(workspace, {}, false);
  CHECK(values(partial.dweight) == values(full.dweight));
  CHECK(values(partial.dbias) == std::vector<double>(Out, 0.0));
  CHECK(values(partial.dx) == std::vector<double>(5 * In, 77.0));
}

TEST_CASE("any number of threads gives the same bits") {
  Workspace<Cpu> one(1);
  Problem p(700);
  p.forward(one, p.bias);
  p.backward(one, p.dbias, true);
  for (const int threads : {2, 3}) {
    Workspace<Cpu> many(threads);
    Problem q(700);
    q.forward(many, q.bias);
    q.backward(many, q.dbias, true);
    CHECK(values(q.y) == values(p.y));
    CHECK(values(q.dweight) == values(p.dweight));
    CHECK(values(q.dbias) == values(p.dbias));
    CHECK(values(q.dx) == values(p.dx));
  }
}

namespace {

/// Checks that outputs and input gradients of positive numbers in float are within `tolerance` of the naive sums in
/// double, and have the same bits on two threads.
template <std::size_t Features, std::size_t Outputs>
void check_long_sums(double tolerance) {
  constexpr std::size_t samples = 131;  // two chunks
  const auto positive = [](std::size_t count, std::size_t start) {
    auto numbers = hash_uniform<float>(count, start);
    for (float& number : numbers) number = std::abs(number);
    return numbers;
  };
  const auto weight = positive(Outputs * Features, 0), x = positive(samples * Features, 1'000'000),
             dy = positive(samples * Outputs, 2'000'000);
  using Weights = TensorView<Shape<Outputs, Features>, const float>;
  const auto run = [&](int threads) {
    Workspace<Cpu> workspace(threads);
    std::vector<float> y(samples * Outputs), dx(samples * Features), dweight(Outputs * Features);
    const BatchView<Shape<Features>, const float> in(x.data(), samples);
    Kernel::forward<float, Features, Outputs>(workspace, in, Weights(weight.data()), {}, {y.data(), samples});
    Kernel::backward<float, Features, Outputs>(workspace, in, Weights(weight.data()), {dy.data(), samples},
                                               TensorView<Shape<Outputs, Features>, float>(dweight.data()), {},
                                               {dx.data(), samples});
    return std::pair(y, dx);
  };
  const auto [y, dx] = run(1);
  double worst = 0;
  for (std::size_t n = 0; n < samples; n += 65) {
    std::vector<double> outputs(Outputs), gradient(Features);
    for (std::size_t o = 0; o < Outputs; ++o)
      for (std::size_t i = 0; i < Features; ++i) {
        outputs[o] += static_cast<double>(weight[o * Features + i]) * static_cast<double>(x[n * Features + i]);
        gradient[i] += static_cast<double>(weight[o * Features + i]) * static_cast<double>(dy[n * Outputs + o]);
      }
    for (std::size_t o = 0; o < Outputs; ++o)
      worst = worst_of(worst, std::abs(static_cast<double>(y[n * Outputs + o]) / outputs[o] - 1));
    for (std::size_t i = 0; i < Features; ++i)
      worst = worst_of(worst, std::abs(static_cast<double>(dx[n * Features + i]) / gradient[i] - 1));
  }
  CHECK(worst > 0);
  CHECK(worst <= tolerance);
  CHECK(run(2) == std::pair(y, dx));
}

}  // namespace

TEST_CASE("sums of very many features, and of very many outputs, keep float's precision") {
  check_long_sums<200'000, 2>(3e-7);
  check_long_sums<2, 200'000>(3e-7);
}
