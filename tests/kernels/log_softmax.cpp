// SPDX-License-Identifier: MIT
#include "odot/kernels/log_softmax.hpp"
#include "odot/kernels/parallel/cpu/parallel.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <vector>

#include "odot/core/tensor.hpp"
#include "support/difference.hpp"
#include "support/hash_uniform.hpp"
#include "support/row_cases.hpp"

using namespace odot;
using namespace odot::test;

namespace {

using Kernel = kernels::LogSoftmax<Cpu>;
template <std::size_t K, class S = double>
using Values = Batch<Shape<K>, S>;

}  // namespace

TEST_CASE("forward matches hand-computed values") {
  Workspace<Cpu> workspace(1);
  const Values<3> x(2, {std::log(1.0), std::log(2.0), std::log(5.0),  // probabilities 1/8, 2/8, 5/8
                        7, 7, 7});                                    // 1/3 each
  Values<3> y(2);
  Kernel::forward<double, 3>(workspace, x, y);
  CHECK(difference(y.span(),
                   std::vector<double>{std::log(0.125), std::log(0.25), std::log(0.625), -std::log(3.0), -std::log(3.0),
                                       -std::log(3.0)},
                   1e-15) == "");
}

TEST_CASE("large logits neither overflow nor lose the small ones") {
  Workspace<Cpu> workspace(1);
  const Values<3, float> x(1, {1000, 990, -1000});
  Values<3, float> y(1);
  Kernel::forward<float, 3>(workspace, x, y);
  const double first = -std::log1p(std::exp(-10.0));
  CHECK(difference(y.span(), std::vector<double>{first, first - 10, first - 2000}, 1e-7) == "");
  CHECK(std::abs(y.data()[0] - first) <= 1e-7);  // not lost beside the 1000
}

TEST_CASE("backward matches its definition and overwrites, in place too") {
  Workspace<Cpu> workspace(2);
  constexpr std::size_t samples = 515;  // several chunks, the last one partial
  Values<3> x(samples), y(samples), dy(samples), dx(samples);
  for (std::size_t i = 0; i < x.size(); ++i) {
    x.data()[i] = 3 * hash_uniform(i);
    dy.data()[i] = hash_uniform(10'000 + i);
    dx.data()[i] = 77;
  }
  Kernel::forward<double, 3>(workspace, x, y);
  std::vector<double> expected;
  for (std::size_t n = 0; n < samples; ++n)
    for (std::size_t k = 0; k < 3; ++k)
      expected.push_back(dy[n](k) - std::exp(y[n](k)) * (dy[n](0) + dy[n](1) + dy[n](2)));
  Kernel::backward<double, 3>(workspace, y, dy, dx);
  CHECK(difference(dx.span(), expected, 1e-14) == "");
  Kernel::backward<double, 3>(workspace, y, dy, BatchView<Shape<3>, double>());  // nobody wants dx
  Kernel::backward<double, 3>(workspace, y, dy, dy);
  CHECK(difference(dy.span(), expected, 1e-14) == "");
  Kernel::forward<double, 3>(workspace, x, x);
  CHECK(difference(x.span(), y.span(), 0) == "");
}

TEST_CASE("the probabilities of every sample add up to 1") {
  Workspace<Cpu> workspace(1);
  Values<3> x(300), y(300);
  for (std::size_t i = 0; i < x.size(); ++i) x.data()[i] = 30 * hash_uniform(i);
  Kernel::forward<double, 3>(workspace, x, y);
  for (std::size_t n = 0; n < 300; ++n)
    CHECK(std::abs(std::exp(y[n](0)) + std::exp(y[n](1)) + std::exp(y[n](2)) - 1) <= 1e-12);
}

TEST_CASE("long rows keep their precision, and what is not finite shows") {
  check_log_softmax_numbers<kernels::LogSoftmax, Cpu>();
}
