// SPDX-License-Identifier: MIT
#include "odot/kernels/gradient_norm.hpp"
#include "odot/kernels/parallel/cpu/parallel.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "support/difference.hpp"
#include "support/hash_uniform.hpp"

using namespace odot;
using namespace odot::test;

namespace {

using Kernel = kernels::GradientNorm<Cpu>;

template <class S>
double norm_of(const std::vector<S>& gradient, int threads = 1) {
  Workspace<Cpu> workspace(threads);
  double norm = -1;
  Kernel::measure<S>(workspace, gradient, &norm);
  return norm;
}

std::vector<double> clipped(std::vector<double> gradient, double max_norm) {
  Workspace<Cpu> workspace(1);
  const double norm = norm_of(gradient);
  Kernel::clip<double>(workspace, max_norm, &norm, gradient);
  return gradient;
}

}  // namespace

TEST_CASE("the norm is the root of the sum of squares") {
  CHECK(norm_of<double>({3, 0, -4}) == 5);
  CHECK(norm_of<float>({3, 0, -4}) == 5);
  CHECK(norm_of<float>({}) == 0);
  CHECK(norm_of<float>({1e25f, 0}) > 0.99e25);  // its square is no float
}

TEST_CASE("squares of doubles neither overflow nor vanish") {
  CHECK(std::abs(norm_of<double>({3e200, 0, -4e200}) / 5e200 - 1) <= 1e-15);
  CHECK(std::abs(norm_of<double>({3e-200, 0, -4e-200}) / 5e-200 - 1) <= 1e-15);
  CHECK(norm_of<double>({5e-324, 0}) == 5e-324);
  CHECK(std::abs(norm_of<double>({3e-200, 1, 4e200}) / 4e200 - 1) <= 1e-15);
  CHECK(norm_of<double>({1e-170, 1}) == 1);
  for (const double size : {1e-300, 1e-140, 1e-136, 1e-5, 1e120, 1e150, 1e156, 1e300})
    CHECK(std::abs(norm_of(std::vector<double>(10'000, size)) / (100 * size) - 1) <= 1e-14);
  CHECK(std::isinf(norm_of<double>({1.5e308, 1.5e308})));  // is beyond the largest double
  const double infinity = std::numeric_limits<double>::infinity();
  CHECK(std::isinf(norm_of<double>({1, -infinity})));
  CHECK(std::isnan(norm_of<double>({1, std::numeric_limits<double>::quiet_NaN()})));
}

TEST_CASE("any number of threads gives the same bits, near those of a plain sum") {
  const auto gradient = hash_uniform<float>(100'000, 0);
  double squares = 0;
  for (const float g : gradient) squares += static_cast<double>(g) * static_cast<double>(g);
  const double norm = norm_of(gradient);
  CHECK(std::abs(norm - std::sqrt(squares)) <= 1e-12 * norm);
  for (const int threads : {2, 3}) CHECK(norm_of(gradient, threads) == norm);
}

TEST_CASE("a gradient is scaled down to the norm, a shorter one is left alone") {
  CHECK(difference(clipped({3, 0, -4}, 2.5), std::vector<double>{1.5, 0, -2}, 1e-6) == "");
  CHECK(std::abs(norm_of(clipped({3, 0, -4}, 2.5)) - 2.5) <= 1e-6);
  CHECK(clipped({3, 0, -4}, 5.1) == std::vector<double>{3, 0, -4});
  CHECK(clipped({0, 0}, 1) == std::vector<double>{0, 0});
}

TEST_CASE("a factor that float does not hold still scales to the norm") {
  Workspace<Cpu> workspace(1);
  for (const double max_norm : {1e-3, 1e-6, 1e-9}) {
    std::vector<float> gradient(10'000, 1e38f);
    const double norm = norm_of(gradient);
    Kernel::clip<float>(workspace, max_norm, &norm, gradient);
    CHECK(difference(gradient, std::vector<double>(10'000, max_norm / 100), 1e-6) == "");
  }
}

TEST_CASE("a clipped number is the product with the factor to the precision of float, however small that is") {
  Workspace<Cpu> workspace(1);
  const auto start = hash_uniform<float>(1000, 0);
  for (const double norm : {1.7, 3.0, 1e5, 1e29, 1e31, 1e36}) {
    std::vector<float> gradient = start;
    Kernel::clip<float>(workspace, 1, &norm, gradient);
    for (std::size_t i = 0; i < start.size(); ++i) {
      const double exact = static_cast<double>(start[i]) / (norm + 1e-6);
      CHECK(std::abs(static_cast<double>(gradient[i]) - exact) <= 1.25e-7 * std::abs(exact) + 1.5e-45);
    }
  }
}

TEST_CASE("a norm that is NaN or infinite makes all of the gradient NaN") {
  for (const double bad : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()})
    for (const double g : clipped({1, bad, 2}, 1)) CHECK(std::isnan(g));
}
