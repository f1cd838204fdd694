// SPDX-License-Identifier: MIT
#include "odot/kernels/gelu.hpp"
#include "odot/kernels/parallel/cpu/parallel.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

#include "odot/core/tensor.hpp"
#include "support/difference.hpp"
#include "support/row_cases.hpp"

using namespace odot;
using namespace odot::test;

namespace {

using Kernel = kernels::GELU<Cpu>;

double gelu(double x) { return 0.5 * x * std::erfc(-x / std::numbers::sqrt2); }
double slope(double x) {
  return 0.5 * std::erfc(-x / std::numbers::sqrt2) + x * std::exp(-x * x / 2) / std::sqrt(2 * std::numbers::pi);
}

/// Numbers from −6 to 6, of which some fill packets and some are left over.
template <class S>
Batch<Shape<1>, S> numbers(std::size_t count) {
  Batch<Shape<1>, S> x(count);
  for (std::size_t i = 0; i < count; ++i)
    x.data()[i] = static_cast<S>(12.0 * static_cast<double>(i) / static_cast<double>(count) - 6);
  return x;
}

template <class S>
void check_passes(std::size_t count, double bound) {
  Workspace<Cpu> workspace(1);
  const auto x = numbers<S>(count);
  auto dy = numbers<S>(count);
  Batch<Shape<1>, S> y(count), dx(count);
  std::vector<double> outputs, gradients;
  for (std::size_t i = 0; i < count; ++i) {
    const auto value = static_cast<double>(x.data()[i]);
    outputs.push_back(gelu(value));
    gradients.push_back(static_cast<double>(dy.data()[i]) * slope(value));
  }
  Kernel::forward<Shape<1>, S>(workspace, x, y);
  CHECK(difference_within(y.span(), outputs, bound) == "");
  Kernel::backward<Shape<1>, S>(workspace, x, dy, dx);
  CHECK(difference_within(dx.span(), gradients, 6 * bound) == "");
  Kernel::backward<Shape<1>, S>(workspace, x, dy, dy);  // in place
  CHECK(difference(dy.span(), dx.span(), 0) == "");
}

}  // namespace

TEST_CASE("both passes match the definition, whatever is left over from packets and chunks") {
  for (const std::size_t count : {1u, 7u, 16u, 33u, 40'001u}) {
    check_passes<float>(count, 1e-6);
    check_passes<double>(count, 2e-15);
  }
}

TEST_CASE("NaN stays NaN") {
  Workspace<Cpu> workspace(1);
  Batch<Shape<1>> x(40), y(40);
  for (std::size_t i = 0; i < 40; i += 3) x.data()[i] = std::numeric_limits<float>::quiet_NaN();
  Kernel::forward<Shape<1>, float>(workspace, x, y);
  for (std::size_t i = 0; i < 40; ++i) CHECK(std::isnan(y.data()[i]) == (i % 3 == 0));
}

TEST_CASE("backward does nothing where no input gradient is wanted") {
  Workspace<Cpu> workspace(1);
  const auto x = numbers<float>(3);
  CHECK_NOTHROW((Kernel::backward<Shape<1>, float>(workspace, x, x, BatchView<Shape<1>, float>())));
}

TEST_CASE("both passes match the definition for inputs of every size, and NaN stays NaN") {
  check_gelu_numbers<kernels::GELU, Cpu>();
}
