// SPDX-License-Identifier: MIT
#include "odot/kernels/layer_norm.hpp"
#include "odot/kernels/parallel/cpu/parallel.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "odot/core/tensor.hpp"
#include "support/difference.hpp"
#include "support/hash_uniform.hpp"
#include "support/row_cases.hpp"

using namespace odot;
using namespace odot::test;

namespace {

constexpr std::size_t D = 5;
using Rows = Batch<Shape<D>, double>;
using Kernel = kernels::LayerNorm<Cpu>;

std::vector<double> naive_output(const Rows& x, double eps, const double* weight, const double* bias) {
  std::vector<double> y;
  for (std::size_t n = 0; n < x.samples(); ++n) {
    double mean = 0, variance = 0;
    for (std::size_t d = 0; d < D; ++d) mean += x[n](d) / D;
    for (std::size_t d = 0; d < D; ++d) variance += (x[n](d) - mean) * (x[n](d) - mean) / D;
    for (std::size_t d = 0; d < D; ++d)
      y.push_back((x[n](d) - mean) / std::sqrt(variance + eps) * (weight ? weight[d] : 1) + (bias ? bias[d] : 0));
  }
  return y;
}

}  // namespace

TEST_CASE("forward matches the naive reference over several chunks, with and without scale, and in place") {
  Workspace<Cpu> workspace(1);
  Rows x(4000), y(4000);
  std::ranges::copy(hash_uniform(x.size(), 0), x.data());
  Tensor<Shape<D>, double> weight{1, -2, 3, 0.5, 0}, bias{0, 1, 2, 3, 4};
  using W = TensorView<Shape<D>, const double>;
  Kernel::forward<double, D>(workspace, 0.1, x, weight, bias, {}, y);
  CHECK(difference(y.span(), naive_output(x, 0.1, weight.data(), bias.data()), 1e-13) == "");
  Kernel::forward<double, D>(workspace, 0.1, x, W(), W(), {}, y);
  const auto expected = naive_output(x, 0.1, nullptr, nullptr);
  CHECK(difference(y.span(), expected, 1e-13) == "");
  Kernel::forward<double, D>(workspace, 0.1, x, W(), W(), {}, x);
  CHECK(difference(x.span(), expected, 1e-13) == "");
}

TEST_CASE("statistics are the mean and one over the deviation of each sample") {
  Workspace<Cpu> workspace(1);
  const Rows x(2, {1, 1, 1, 1, 6, -2, 0, 2, 0, 0});
  Rows y(2);
  Batch<Shape<2>, double> statistics(2);
  Kernel::forward<double, D>(workspace, 0.0, x, {}, {}, statistics, y);
  // mean 2, variance (4·1 + 16)/5 = 4;  mean 0, variance 8/5
  CHECK(difference(statistics.span(), std::vector<double>{2, 0.5, 0, std::sqrt(5.0 / 8)}, 1e-15) == "");
}

TEST_CASE("backward in place and without input gradient gives the same") {
  Workspace<Cpu> workspace(1);
  Rows x(9), y(9), dy(9), dx(9);
  std::ranges::copy(hash_uniform(x.size(), 0), x.data());
  std::ranges::copy(hash_uniform(x.size(), 500), dy.data());
  Tensor<Shape<D>, double> weight{1, -2, 3, 0.5, 1}, bias, dweight, dbias, dweight2, dbias2;
  Batch<Shape<2>, double> statistics(9);
  Kernel::forward<double, D>(workspace, 1e-5, x, weight, bias, statistics, y);
  Kernel::backward<double, D>(workspace, x, weight, statistics, dy, dweight, dbias, dx);
  Kernel::backward<double, D>(workspace, x, weight, statistics, dy, dweight2, dbias2, BatchView<Shape<D>, double>());
  Kernel::backward<double, D>(workspace, x, weight, statistics, dy, {}, {}, dy);
  CHECK(std::ranges::equal(dx.span(), dy.span()));
  CHECK(std::equal(dweight.data(), dweight.data() + D, dweight2.data()));
  CHECK(std::equal(dbias.data(), dbias.data() + D, dbias2.data()));
}

TEST_CASE("inputs of every size and sums of any length keep their precision, NaN stays NaN") {
  check_layer_norm_numbers<kernels::LayerNorm, Cpu>();
}

TEST_CASE("rows whose squares no scalar holds are normalised by their largest number") {
  Workspace<Cpu> workspace(1);
  using W = TensorView<Shape<D>, const double>;
  for (const double size : {1e160, 1e300, 1.5e308}) {
    const Rows x(1, {size, -size, size, -size, 0});
    Rows y(1);
    Batch<Shape<2>, double> statistics(1);
    Kernel::forward<double, D>(workspace, 1e-5, x, W(), W(), statistics, y);
    const double one = std::sqrt(5.0 / 4);
    CHECK(difference_within(y.span(), std::vector<double>{one, -one, one, -one, 0}, 1e-15) == "");
    CHECK(statistics[0](1) * size == doctest::Approx(one));
  }
  const Rows equal(1, {1e300, 1e300, 1e300, 1e300, 1e300});
  Rows y(1);
  Kernel::forward<double, D>(workspace, 1e-5, equal, W(), W(), {}, y);
  CHECK(std::ranges::all_of(y.span(), [](double value) { return value == 0; }));
}

TEST_CASE("an eps that the scalar can't hold keeps rows of equal numbers at zero, in short rows and in long ones") {
  Workspace<Cpu> workspace(1);
  const auto check = [&]<std::size_t Size>() {
    Batch<Shape<Size>, float> x(1), y(1);
    std::ranges::fill(x.span(), 0.25f);
    for (const double eps : {1e-60, 1e-40, 1e-5}) {
      std::ranges::fill(y.span(), 1.0f);
      using W = TensorView<Shape<Size>, const float>;
      kernels::LayerNorm<Cpu>::forward<float, Size>(workspace, eps, x, W(), W(), {}, y);
      CHECK(std::ranges::all_of(y.span(), [](float value) { return value == 0; }));
    }
  };
  check.operator()<12>();
  check.operator()<5000>();
}
