// SPDX-License-Identifier: MIT
#include "odot/kernels/sinusoidal_position.hpp"
#include "odot/kernels/parallel/cpu/parallel.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "core/allocations.hpp"
#include "odot/core/tensor.hpp"
#include "support/difference.hpp"

using namespace odot;
using namespace odot::test;

TEST_CASE("the table is the definition's at every position, with an odd number of features too") {
  using Sh = Shape<3000, 7>;
  Workspace<Cpu> workspace(1);
  Batch<Sh, double> x(2), y(2);
  for (std::size_t i = 0; i < x.size(); ++i) x.data()[i] = i < Sh::size ? 0.0 : 10.0;
  kernels::SinusoidalPosition<Cpu>::forward<double, 3000, 7>(workspace, 0, x, y);
  std::vector<double> expected;
  for (const double start : {0.0, 10.0})
    for (std::size_t l = 0; l < 3000; ++l)
      for (std::size_t d = 0; d < 7; ++d) {
        const double angle = static_cast<double>(l) / std::pow(10000.0, static_cast<double>(d / 2 * 2) / 7);
        expected.push_back(start + (d % 2 == 0 ? std::sin(angle) : std::cos(angle)));
      }
  CHECK(difference_within(y.span(), expected, 1e-12) == "");
}

TEST_CASE("float's table has float's precision") {
  Workspace<Cpu> workspace(1);
  Batch<Shape<500, 2>> x(1), y(1);
  kernels::SinusoidalPosition<Cpu>::forward<float, 500, 2>(workspace, 0, x, y);
  for (std::size_t l = 0; l < 500; ++l) {
    CHECK(std::abs(static_cast<double>(y[0](l, 0)) - std::sin(static_cast<double>(l))) <= 1e-7);
    CHECK(std::abs(static_cast<double>(y[0](l, 1)) - std::cos(static_cast<double>(l))) <= 1e-7);
  }
}

TEST_CASE("a second pass allocates nothing") {
  Workspace<Cpu> workspace(1);
  Batch<Shape<50, 6>> x(3), y(3);
  const auto pass = [&] { kernels::SinusoidalPosition<Cpu>::forward<float, 50, 6>(workspace, 0, x, y); };
  pass();
  const std::size_t before = allocations();
  pass();
  CHECK(allocations() == before);
}
