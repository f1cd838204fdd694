// SPDX-License-Identifier: MIT
#include "odot/kernels/batch_norm/cpu/batch_norm.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

#include "odot/core/tensor.hpp"
#include "odot/kernels/column_norm.hpp"
#include "odot/kernels/parallel/cpu/parallel.hpp"
#include "support/difference.hpp"
#include "support/hash_uniform.hpp"
#include "support/row_cases.hpp"

using namespace odot;
using namespace odot::test;

namespace {

constexpr std::size_t C = 3, H = 4, W = 5, plane = H * W;
constexpr kernels::NormConstants constants{};
using Images = Batch<Shape<C, H, W>, double>;
using Channels = Tensor<Shape<C>, double>;
using ChannelView = TensorView<Shape<C>, double>;
using ConstChannelView = TensorView<Shape<C>, const double>;
using Kernel = kernels::BatchNorm<Cpu>;

struct Problem {
  explicit Problem(std::size_t samples) : x(samples), y(samples), dy(samples), dx(samples) {
    for (std::size_t i = 0; i < x.size(); ++i) {
      x.data()[i] = 3 * hash_uniform(i) + 40 * static_cast<double>(i / plane % C);  // channels of distant means
      dy.data()[i] = hash_uniform(100'000 + i);
    }
    std::ranges::fill(y.span(), 77.0);
    std::ranges::fill(dx.span(), 77.0);
    for (std::size_t c = 0; c < C; ++c) {
      weight(c) = 1.5 - static_cast<double>(c);
      bias(c) = 0.25 * static_cast<double>(c) - 1;
      running_mean(c) = 7;
      running_var(c) = 9;
    }
  }
  void forward(Workspace<Cpu>& workspace, bool affine) {
    Kernel::forward_training<double, C, H, W>(
        workspace, constants, x, affine ? ConstChannelView(weight) : ConstChannelView(),
        affine ? ConstChannelView(bias) : ConstChannelView(), running_mean, running_var, statistics, y);
  }
  void backward(Workspace<Cpu>& workspace, bool affine, bool with_input) {
    Kernel::backward<double, C, H, W>(workspace, x, affine ? ConstChannelView(weight) : ConstChannelView(), statistics,
                                      dy, affine ? dweight.view() : ChannelView(),
                                      affine ? dbias.view() : ChannelView(),
                                      with_input ? dx.view() : BatchView<Shape<C, H, W>, double>());
  }

  Images x, y, dy, dx;
  Channels weight, bias, dweight, dbias, running_mean, running_var;
  Tensor<Shape<2, C>, double> statistics;
};

std::vector<double> values(const auto& owner) { return {owner.data(), owner.data() + owner.size()}; }

/// Everything that a training step leaves, by the definition and in plain loops.
struct Naive {
  std::vector<double> y, dx, dweight, dbias, running_mean, running_var;

  Naive(const Problem& p, bool affine)
      : y(p.x.size()), dx(p.x.size()), dweight(C), dbias(C), running_mean(C), running_var(C) {
    const double m = static_cast<double>(p.x.samples() * plane);
    for (std::size_t c = 0; c < C; ++c) {
      const auto each = [&](auto body) {
        for (std::size_t i = 0; i < p.x.size(); ++i)
          if (i / plane % C == c) body(i);
      };
      double mean = 0, variance = 0;
      each([&](std::size_t i) { mean += p.x.data()[i] / m; });
      each([&](std::size_t i) { variance += std::pow(p.x.data()[i] - mean, 2) / m; });
      running_mean[c] = 0.9 * 7 + 0.1 * mean;
      running_var[c] = 0.9 * 9 + 0.1 * variance * m / (m - 1);
      const double sigma = std::sqrt(variance + 1e-5), scale = affine ? p.weight(c) : 1;
      const auto standard = [&](std::size_t i) { return (p.x.data()[i] - mean) / sigma; };
      each([&](std::size_t i) {
        y[i] = scale * standard(i) + (affine ? p.bias(c) : 0);
        dweight[c] += p.dy.data()[i] * standard(i);
        dbias[c] += p.dy.data()[i];
      });
      each([&](std::size_t i) {
        dx[i] = scale / sigma * (p.dy.data()[i] - dbias[c] / m - standard(i) * dweight[c] / m);
      });
    }
  }
};

}  // namespace

TEST_CASE("a training pass matches the naive reference, affine or not") {
  Workspace<Cpu> workspace(1);
  for (const bool affine : {true, false})
    for (const std::size_t samples : {1u, 3u, 150u}) {  // 150: chunks of several samples
      Problem p(samples);
      const Naive naive(p, affine);
      p.forward(workspace, affine);
      CHECK(difference(p.y.span(), naive.y, 1e-12) == "");
      CHECK(difference(values(p.running_mean), naive.running_mean, 1e-13) == "");
      CHECK(difference(values(p.running_var), naive.running_var, 1e-13) == "");
      p.backward(workspace, affine, true);
      CHECK(difference(p.dx.span(), naive.dx, 1e-12) == "");
      if (!affine) continue;
      CHECK(difference(values(p.dweight), naive.dweight, 1e-12) == "");
      CHECK(difference(values(p.dbias), naive.dbias, 1e-12) == "");
    }
}

TEST_CASE("a training output has mean 0 and variance 1 in every channel") {
  Workspace<Cpu> workspace(1);
  Problem p(6);
  p.forward(workspace, false);
  for (std::size_t c = 0; c < C; ++c) {
    double mean = 0, square = 0;
    for (std::size_t n = 0; n < 6; ++n)
      for (std::size_t i = 0; i < H; ++i)
        for (std::size_t j = 0; j < W; ++j) {
          mean += p.y[n](c, i, j) / (6 * plane);
          square += p.y[n](c, i, j) * p.y[n](c, i, j) / (6 * plane);
        }
    CHECK(std::abs(mean) <= 1e-12);
    CHECK(std::abs(square - 1) <= 1e-4);  // eps
  }
}

TEST_CASE("backward adds to parameter gradients and works where no input gradient is wanted") {
  Workspace<Cpu> workspace(1);
  Problem fresh(4), preset(4);
  fresh.forward(workspace, true);
  fresh.backward(workspace, true, true);
  preset.forward(workspace, true);
  std::ranges::fill_n(preset.dweight.data(), C, 100.0);
  std::ranges::fill_n(preset.dbias.data(), C, -100.0);
  preset.backward(workspace, true, false);
  for (std::size_t c = 0; c < C; ++c) {
    CHECK(std::abs(preset.dweight(c) - fresh.dweight(c) - 100) <= 1e-12);
    CHECK(std::abs(preset.dbias(c) - fresh.dbias(c) + 100) <= 1e-12);
  }
  CHECK(values(preset.dx) == std::vector<double>(preset.dx.size(), 77.0));
}

TEST_CASE("evaluation uses the running statistics") {
  Workspace<Cpu> workspace(1);
  Problem p(2);
  p.running_var(2) = 0;  // then eps keeps the quotient finite
  Kernel::forward_evaluation<double, C, H, W>(workspace, constants, p.x, p.weight, p.bias, p.running_mean,
                                              p.running_var, p.y);
  std::vector<double> expected(p.x.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const std::size_t c = i / plane % C;
    expected[i] = p.weight(c) * (p.x.data()[i] - 7) / std::sqrt((c == 2 ? 0 : 9) + 1e-5) + p.bias(c);
  }
  CHECK(difference(p.y.span(), expected, 1e-13) == "");
}

TEST_CASE("any number of threads gives the same bits") {
  Workspace<Cpu> one(1);
  Problem p(150);
  p.forward(one, true);
  p.backward(one, true, true);
  for (const int threads : {2, 3}) {
    Workspace<Cpu> many(threads);
    Problem q(150);
    q.forward(many, true);
    q.backward(many, true, true);
    CHECK(values(q.y) == values(p.y));
    CHECK(values(q.running_var) == values(p.running_var));
    CHECK(values(q.dweight) == values(p.dweight));
    CHECK(values(q.dx) == values(p.dx));
  }
}

TEST_CASE("a large mean costs no accuracy in single precision") {
  // Variance of a set far from zero: the textbook formula E[x²] − E[x]² would lose all digits here.
  Workspace<Cpu> workspace(1);
  Batch<Shape<1, 4, 5>, float> x(40), y(40);
  for (std::size_t i = 0; i < x.size(); ++i) x.data()[i] = 10'000.0f + (i % 2 == 0 ? 1.0f : -1.0f);
  Tensor<Shape<1>> mean, variance;
  Tensor<Shape<2, 1>> statistics;
  Kernel::forward_training<float, 1, 4, 5>(workspace, constants, x, {}, {}, mean, variance, statistics, y);
  for (std::size_t i = 0; i < y.size(); ++i) CHECK(std::abs(y.data()[i] - (i % 2 == 0 ? 1 : -1)) <= 1e-4);
}

TEST_CASE("inputs of every size and planes of any size keep their precision, NaN stays NaN") {
  check_batch_norm_numbers<kernels::BatchNorm, Cpu>(kernels::NormConstants{});
}

namespace {

/// Everything that a step of the columns, or of planes of one number, leaves: y, dx, running statistics, gradients.
template <class Norm, class Rows, class S>
std::vector<S> step_of_columns(std::size_t samples, int threads, S factor, S offset, bool affine = true) {
  constexpr std::size_t D = 37;
  Workspace<Cpu> workspace(threads);
  Batch<Rows, S> x(samples), y(samples), dy(samples), dx(samples);
  for (std::size_t i = 0; i < x.size(); ++i) {
    x.data()[i] = offset + factor * static_cast<S>(hash_uniform(i));
    dy.data()[i] = static_cast<S>(hash_uniform(100'000 + i));
  }
  Tensor<Shape<D>, S> weight, bias, running_mean, running_var, dweight, dbias;
  Tensor<Shape<2, D>, S> statistics;
  for (std::size_t c = 0; c < D; ++c) {
    weight(c) = static_cast<S>(c) / S{8} - 2;
    dweight(c) = bias(c) = static_cast<S>(c % 5);
    running_var(c) = 9;
  }
  const TensorView<Shape<D>, const S> scale = affine ? weight.view() : TensorView<Shape<D>, S>(),
                                      shift = affine ? bias.view() : TensorView<Shape<D>, S>();
  const TensorView<Shape<D>, S> dscale = affine ? dweight.view() : TensorView<Shape<D>, S>(),
                                dshift = affine ? dbias.view() : TensorView<Shape<D>, S>();
  const BatchView<Rows, const S> in = x, grad = dy;
  const TensorView<Shape<2, D>, const S> kept = statistics;
  const TensorView<Shape<D>, const S> mean = running_mean, variance = running_var;
  Norm::forward_training(workspace, constants, in, scale, shift, running_mean.view(), running_var.view(),
                         statistics.view(), y.view());
  Norm::backward(workspace, in, scale, kept, grad, dscale, dshift, dx.view());
  std::vector<S> result;
  const auto append = [&result](const auto& owner) {
    result.insert(result.end(), owner.data(), owner.data() + owner.size());
  };
  append(y), append(dx), append(running_mean), append(running_var), append(dweight), append(dbias);
  Norm::forward_evaluation(workspace, constants, in, scale, shift, mean, variance, y.view());
  append(y);
  return result;
}
template <class S>
std::vector<S> by_columns(std::size_t samples, int threads, S factor, S offset, bool affine = true) {
  return step_of_columns<kernels::ColumnNorm<Cpu>, Shape<37>>(samples, threads, factor, offset, affine);
}

}  // namespace

TEST_CASE("the norm of columns is that of planes of one number") {
  using Planes = Shape<37, 1, 1>;
  for (const bool affine : {true, false})
    for (const std::size_t samples : {1u, 2u, 150u})
      CHECK(difference(by_columns(samples, 1, 3.0, 7.0, affine),
                       step_of_columns<Kernel, Planes>(samples, 1, 3.0, 7.0, affine), 1e-12) == "");
  // Numbers far from zero, and numbers whose squares float can't hold.
  CHECK(difference(by_columns(150, 1, 1.0f, 1e4f), step_of_columns<Kernel, Planes>(150, 1, 1.0f, 1e4f), 1e-4) == "");
  const std::vector<float> large = by_columns(150, 1, 1e25f, 0.0f);
  const std::vector<float> same = step_of_columns<Kernel, Planes>(150, 1, 1e25f, 0.0f);
  CHECK(difference(std::vector<float>(large.begin(), large.begin() + 150 * 37),
                   std::vector<float>(same.begin(), same.begin() + 150 * 37), 1e-5) == "");
}

TEST_CASE("the norm of columns gives the same bits on any number of threads, and keeps NaN in its column") {
  const auto one = by_columns(3001, 1, 2.0f, 1.0f);
  CHECK((by_columns(3001, 2, 2.0f, 1.0f) == one && by_columns(3001, 3, 2.0f, 1.0f) == one));
  Workspace<Cpu> workspace(1);
  Batch<Shape<3>> x(2, {1, std::numeric_limits<float>::quiet_NaN(), 3, 4, 5, 6}), y(2);
  Tensor<Shape<3>> mean, variance;
  Tensor<Shape<2, 3>> statistics;
  const BatchView<Shape<3>, const float> in = x;
  const TensorView<Shape<3>, const float> none;
  kernels::ColumnNorm<Cpu>::forward_training(workspace, constants, in, none, none, mean.view(), variance.view(),
                                             statistics.view(), y.view());
  CHECK((std::isnan(y.data()[1]) && std::isnan(y.data()[4]) && std::isnan(mean(1))));
  CHECK((std::abs(y.data()[0] + 1) <= 1e-5f && std::abs(y.data()[5] - 1) <= 1e-5f));
}
