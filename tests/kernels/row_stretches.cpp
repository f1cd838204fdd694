// SPDX-License-Identifier: MIT
#include "odot/kernels/row_stretches.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

#include "odot/core/tensor.hpp"
#include "odot/kernels/conv2d/cpu/conv2d.hpp"
#include "odot/kernels/layer_norm.hpp"
#include "odot/kernels/linear/cpu/linear.hpp"
#include "odot/kernels/parallel/cpu/parallel.hpp"
#include "support/difference.hpp"
#include "support/hash_uniform.hpp"

using namespace odot;
using namespace odot::test;

namespace {

/// Sums of rows `begin` to `end` of [rows, 3] by stretches of `length`; and which rows each stretch had.
std::vector<float> sum_rows(const std::vector<float>& values, std::size_t begin, std::size_t end, std::size_t length,
                            std::vector<std::pair<std::size_t, std::size_t>>& stretches) {
  Workspace<Cpu> workspace(2);
  auto frame = workspace.frame();
  const kernels::RowStretches<float> sums(workspace, frame, end - begin, 3, length);
  std::vector<float> total(3, 0.0f);
  sums.sum(1, begin, end, total.data(), [&](std::size_t first, std::size_t last, float* sum) {
    stretches.emplace_back(first, last);
    for (std::size_t row = first; row < last; ++row)
      for (std::size_t i = 0; i < 3; ++i) sum[i] += values[row * 3 + i];
  });
  return total;
}

/// The gradient of a kernel, run(threads), is the same on any number of threads.
template <class Run>
void check_threads(const Run& run) {
  const std::vector<float> expected = run(1);
  CHECK(std::ranges::any_of(expected, [](float value) { return value != 0; }));
  for (const int threads : {2, 3, 5}) CHECK(run(threads) == expected);
}

template <std::size_t C, std::size_t O, std::size_t Stride>
void check_convolution_threads(std::size_t samples) {
  using G = kernels::ConvGeometry<Shape<C, 4, 5>, O, 3, Stride, 1>;
  Batch<typename G::input> x(samples);
  Batch<typename G::output> dy(samples);
  std::ranges::copy(hash_uniform<float>(x.size(), 1), x.data());
  std::ranges::copy(hash_uniform<float>(dy.size(), 2), dy.data());
  const Tensor<typename G::weight> weight{};
  check_threads([&](int threads) {
    Workspace<Cpu> workspace(threads);
    std::vector<float> gradients(G::weight::size + O, 0.0f);
    kernels::Conv2d<Cpu>::backward<G, float>(
        workspace, x, weight, dy, TensorView<typename G::weight, float>(gradients.data()),
        TensorView<typename G::bias, float>(gradients.data() + G::weight::size), {});
    return gradients;
  });
}

}  // namespace

TEST_CASE("rows are added in stretches, each of them once") {
  std::vector<float> values(3 * 100);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i);
  using Stretches = std::vector<std::pair<std::size_t, std::size_t>>;
  Stretches found;
  CHECK(sum_rows(values, 10, 20, 4, found) == std::vector<float>{3 * 145, 3 * 145 + 10, 3 * 145 + 20});
  CHECK(found == Stretches{{10, 14}, {14, 18}, {18, 20}});
  found.clear();
  CHECK(sum_rows(values, 10, 20, 10, found) == std::vector<float>{3 * 145, 3 * 145 + 10, 3 * 145 + 20});
  CHECK(found == Stretches{{10, 20}});
  found.clear();
  CHECK(sum_rows(values, 7, 7, 4, found) == std::vector<float>{0, 0, 0});
}

TEST_CASE("a sum of many rows loses no more than one of few") {
  constexpr std::size_t rows = 2'000'000;
  std::vector<float> values(3 * rows);
  for (std::size_t row = 0; row < rows; ++row) {
    values[3 * row] = 0.1f;
    values[3 * row + 1] = 1.4190675f;
    values[3 * row + 2] = 0.7f + 0.2f * static_cast<float>(row % 3);
  }
  std::vector<double> expected(3, 0.0);
  for (std::size_t i = 0; i < values.size(); ++i) expected[i % 3] += static_cast<double>(values[i]);
  std::vector<std::pair<std::size_t, std::size_t>> found;
  CHECK(difference(sum_rows(values, 0, rows, kernels::sum_stretch, found), expected, 2e-6) == "");
}

TEST_CASE("NaN and infinities come through") {
  const float infinite = std::numeric_limits<float>::infinity();
  std::vector<float> values(3 * 1000, 1.0f);
  values[3 * 100] = infinite;
  values[3 * 500 + 1] = std::numeric_limits<float>::quiet_NaN();
  values[3 * 900 + 2] = -infinite;
  std::vector<std::pair<std::size_t, std::size_t>> found;
  const auto total = sum_rows(values, 0, 1000, 64, found);
  CHECK(total[0] == infinite);
  CHECK(std::isnan(total[1]));
  CHECK(total[2] == -infinite);
}

TEST_CASE("gradients over more samples than a stretch have the same bits on any number of threads") {
  check_convolution_threads<2, 3, 1>(3'000);    // direct
  check_convolution_threads<2, 3, 2>(3'000);    // im2col
  check_convolution_threads<16, 17, 1>(9'000);  // Winograd
  constexpr std::size_t rows = 150'000;
  Batch<Shape<3>> x(rows), dy(rows);
  std::ranges::copy(hash_uniform<float>(x.size(), 1), x.data());
  std::ranges::copy(hash_uniform<float>(dy.size(), 2), dy.data());
  check_threads([&](int threads) {
    Workspace<Cpu> workspace(threads);
    std::vector<float> gradients(12, 0.0f);
    const Tensor<Shape<3, 3>> weight{};
    kernels::Linear<Cpu>::backward<float, 3, 3>(workspace, x, weight, dy,
                                                TensorView<Shape<3, 3>, float>(gradients.data()),
                                                TensorView<Shape<3>, float>(gradients.data() + 9), {});
    return gradients;
  });
  check_threads([&](int threads) {
    Workspace<Cpu> workspace(threads);
    std::vector<float> gradients(6, 0.0f);
    Batch<Shape<2>> statistics(rows);
    std::ranges::fill(statistics.span(), 0.5f);
    const Tensor<Shape<3>> weight{1, 1, 1};
    kernels::LayerNorm<Cpu>::backward<float, 3>(workspace, x, weight, statistics, dy,
                                                TensorView<Shape<3>, float>(gradients.data()),
                                                TensorView<Shape<3>, float>(gradients.data() + 3), {});
    return gradients;
  });
}
