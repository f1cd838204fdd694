// SPDX-License-Identifier: MIT
#include "odot/kernels/attention_heads/cpu/attention_heads.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

#include "odot/core/tensor.hpp"
#include "support/difference.hpp"
#include "support/hash_uniform.hpp"
#include "support/naive_attention_heads.hpp"

using namespace odot;
using namespace odot::test;
using kernels::HeadNorm;

namespace {

constexpr std::size_t C = 2, H = 5, W = 3, heads = 3, maps = heads * C;
constexpr kernels::NormConstants constants{};
using In = Shape<C, H, W>;
using Out = Shape<maps, H, W>;
using Arrays = Shape<heads, C, H, W>;
using Kernel = kernels::AttentionHeads<Cpu>;

template <class S>
std::vector<double> values(const auto& owner) {
  return {owner.data(), owner.data() + owner.size()};
}

/// The kernel's inputs and outputs; outputs and gradients start as garbage.
template <HeadNorm Norm, class S>
struct Problem {
  static constexpr S garbage = 2;

  Problem(std::size_t samples, bool bias, S array_size = S{2})
      : with_bias(bias), x(samples), dx(samples), y(samples), dy(samples),
        cache(kernels::attention_heads_cache<In, heads>(samples)) {
    const auto draw = [](auto& owner, std::size_t start, S size) {
      std::ranges::transform(hash_uniform(owner.size(), start), owner.data(),
                             [size](double value) { return size * static_cast<S>(value); });
    };
    draw(x, 0, S{2});
    draw(dy, 100'000, S{1});
    draw(wx, 200'000, array_size);
    draw(wy, 201'000, array_size);
    draw(bx, 202'000, S{1});
    draw(by, 203'000, S{1});
    draw(scale, 204'000, S{2});
    draw(shift, 205'000, S{1});
    for (auto* gradient : {&dwx, &dwy, &dbx, &dby}) std::ranges::fill_n(gradient->data(), Arrays::size, garbage);
    for (auto* gradient : {&dscale, &dshift}) std::ranges::fill_n(gradient->data(), maps, garbage);
    std::ranges::fill(y.span(), S{77});
    std::ranges::fill(dx.span(), S{77});
    std::ranges::fill_n(running_mean.data(), maps, S{0.25});
    std::ranges::fill_n(running_var.data(), maps, S{0.5});
  }

  NaiveAttentionHeads naive() const {
    NaiveAttentionHeads oracle{.N = x.samples(),
                               .C = C,
                               .H = H,
                               .W = W,
                               .heads = heads,
                               .norm = Norm != HeadNorm::none,
                               .affine = Norm == HeadNorm::affine};
    oracle.x = values<S>(x);
    oracle.wx = values<S>(wx);
    oracle.wy = values<S>(wy);
    if (with_bias) {
      oracle.bx = values<S>(bx);
      oracle.by = values<S>(by);
    }
    oracle.scale = values<S>(scale);
    oracle.shift = values<S>(shift);
    oracle.running_mean = values<S>(running_mean);
    oracle.running_var = values<S>(running_var);
    return oracle;
  }

  kernels::HeadWeights<const S, In, heads, Cpu> weights() const {
    kernels::HeadWeights<const S, In, heads, Cpu> all{
        .weight_x = wx, .weight_y = wy, .bias_x = {}, .bias_y = {}, .scale = {}, .shift = {}};
    if (with_bias) {
      all.bias_x.rebind(bx);
      all.bias_y.rebind(by);
    }
    if (Norm == HeadNorm::affine) {
      all.scale.rebind(scale);
      all.shift.rebind(shift);
    }
    return all;
  }
  kernels::HeadWeights<S, In, heads, Cpu> gradients() {
    kernels::HeadWeights<S, In, heads, Cpu> all{
        .weight_x = dwx, .weight_y = dwy, .bias_x = {}, .bias_y = {}, .scale = {}, .shift = {}};
    if (with_bias) {
      all.bias_x.rebind(dbx);
      all.bias_y.rebind(dby);
    }
    if (Norm == HeadNorm::affine) {
      all.scale.rebind(dscale);
      all.shift.rebind(dshift);
    }
    return all;
  }

  void forward(int threads) {
    Workspace<Cpu> workspace(threads);
    Kernel::forward_training<Norm, S, In, heads, Out>(workspace, constants, x, weights(), running_mean, running_var,
                                                      cache.data(), y);
  }
  void evaluate(int threads) {
    Workspace<Cpu> workspace(threads);
    Kernel::forward_evaluation<Norm, S, In, heads, Out>(workspace, constants, x, weights(), running_mean, running_var,
                                                        y);
  }
  void backward(int threads, bool with_input) {
    Workspace<Cpu> workspace(threads);
    Kernel::backward<Norm, S, In, heads, Out>(workspace, x, weights(), cache.data(), dy, gradients(),
                                              with_input ? dx.view() : BatchView<In, S>());
  }

  bool with_bias;
  Batch<In, S> x, dx;
  Batch<Out, S> y, dy;
  Tensor<Arrays, S> wx, wy, bx, by, dwx, dwy, dbx, dby;
  Tensor<Shape<maps>, S> scale, shift, dscale, dshift, running_mean, running_var;
  std::vector<S> cache;
};

template <HeadNorm Norm, class S>
void check_contract(std::size_t samples, bool bias, double tolerance) {
  CAPTURE(samples);
  CAPTURE(bias);
  Problem<Norm, S> p(samples, bias);
  NaiveAttentionHeads naive = p.naive();
  naive.forward(true);
  naive.backward(values<S>(p.dy));

  p.forward(1);
  CHECK(difference(p.y.span(), naive.y, tolerance) == "");
  CHECK(difference(values<S>(p.running_mean), naive.running_mean, tolerance) == "");
  CHECK(difference(values<S>(p.running_var), naive.running_var, tolerance) == "");

  p.backward(1, true);
  CHECK(difference(p.dx.span(), naive.dx, tolerance) == "");
  const auto check_added = [&](const auto& actual, std::vector<double> expected) {
    for (double& g : expected) g += static_cast<double>(p.garbage);
    CHECK(difference(values<S>(actual), expected, tolerance) == "");
  };
  check_added(p.dwx, naive.dwx);
  check_added(p.dwy, naive.dwy);
  if (bias) check_added(p.dbx, naive.dbx);
  if (bias) check_added(p.dby, naive.dby);
  if (Norm == HeadNorm::affine) check_added(p.dscale, naive.dscale);
  if (Norm == HeadNorm::affine) check_added(p.dshift, naive.dshift);

  p.evaluate(1);
  naive.forward(false);
  CHECK(difference(p.y.span(), naive.y, tolerance) == "");
}

}  // namespace

TEST_CASE("heads without a norm match the naive reference on whole and partial tiles") {
  for (const std::size_t samples : {1u, 3u, 8u, 17u}) check_contract<HeadNorm::none, double>(samples, false, 1e-13);
  check_contract<HeadNorm::none, double>(3, true, 1e-13);
}

TEST_CASE("heads with the plain norm match the naive reference on whole and partial tiles") {
  for (const std::size_t samples : {1u, 3u, 8u, 17u}) check_contract<HeadNorm::plain, double>(samples, false, 1e-12);
  check_contract<HeadNorm::plain, double>(17, true, 1e-12);
}

TEST_CASE("heads with the affine norm match the naive reference on whole and partial tiles") {
  for (const std::size_t samples : {1u, 3u, 8u, 17u}) check_contract<HeadNorm::affine, double>(samples, true, 1e-12);
  check_contract<HeadNorm::affine, double>(3, false, 1e-12);
}

TEST_CASE("heads in single precision match the naive reference") {
  for (const std::size_t samples : {1u, 16u, 19u, 35u}) check_contract<HeadNorm::affine, float>(samples, true, 1e-5);
}

TEST_CASE("backward without an input gradient leaves dx alone and gives the same parameter gradients") {
  Problem<HeadNorm::plain, double> with(5, false), without(5, false);
  with.forward(1);
  with.backward(1, true);
  without.forward(1);
  without.backward(1, false);
  CHECK(values<double>(without.dwx) == values<double>(with.dwx));
  CHECK(values<double>(without.dwy) == values<double>(with.dwy));
  CHECK(values<double>(without.dx) == std::vector<double>(without.dx.size(), 77.0));
}

TEST_CASE("without bias arrays nothing is added for them") {
  Problem<HeadNorm::plain, double> p(3, false);
  p.forward(1);
  p.backward(1, true);
  CHECK(values<double>(p.dbx) == std::vector<double>(Arrays::size, p.garbage));
  CHECK(values<double>(p.dscale) == std::vector<double>(maps, p.garbage));
}

TEST_CASE("evaluation does not change the running statistics") {
  Problem<HeadNorm::plain, double> p(3, false);
  p.evaluate(1);
  CHECK(values<double>(p.running_mean) == std::vector<double>(maps, 0.25));
  CHECK(values<double>(p.running_var) == std::vector<double>(maps, 0.5));
}

TEST_CASE("any number of threads gives the same bits") {
  Problem<HeadNorm::affine, float> p(550, true);  // more tiles than partial sums
  p.forward(1);
  p.backward(1, true);
  for (const int threads : {2, 3}) {
    Problem<HeadNorm::affine, float> q(550, true);
    q.forward(threads);
    q.backward(threads, true);
    CHECK(values<float>(q.y) == values<float>(p.y));
    CHECK(values<float>(q.dx) == values<float>(p.dx));
    CHECK(values<float>(q.running_var) == values<float>(p.running_var));
    CHECK(values<float>(q.dwx) == values<float>(p.dwx));
    CHECK(values<float>(q.dby) == values<float>(p.dby));
    CHECK(values<float>(q.dscale) == values<float>(p.dscale));
  }
}

TEST_CASE("scores of any size are as in double, forward and backward") {
  for (const bool bias : {false, true})
    for (const bool near_ties : {false, true})
      for (const float size : {1e-30f, 1e-5f, 0.1f, 1.0f, 20.0f, 1e3f, 1e5f, 1.7e7f, 1e9f, 1e12f, 1e20f, 1e30f}) {
        CAPTURE(bias);
        CAPTURE(near_ties);
        CAPTURE(size);
        if (bias && near_ties && size > 1e9f) continue;  // double loses the bias
        Problem<HeadNorm::none, float> p(19, bias);
        for (float& x : p.x.span()) x = near_ties ? size * (1 + 0x1p-23f * std::round(8 * x)) : size * x;
        if (near_ties) {
          std::ranges::fill_n(p.wx.data(), Arrays::size, 1.2345678f);
          std::ranges::fill_n(p.wy.data(), Arrays::size, 0.7654321f);
        }
        if (bias && !near_ties)
          for (std::size_t k = 0; k < Arrays::size; ++k) p.bx.data()[k] *= size;
        NaiveAttentionHeads naive = p.naive();
        naive.forward(true);
        p.forward(1);
        CHECK(difference(p.y.span(), naive.y, 2e-6) == "");
        if (size > 1e12f) continue;  // gradients that float does not hold
        naive.backward(values<float>(p.dy));
        p.backward(1, true);
        // t − A Σ t cancels in float: what is exact is relative to t, which is of the size of x.
        const double t = std::max(1.0, static_cast<double>(size));
        const auto check_added = [&](const auto& actual, std::vector<double> expected, double bound) {
          for (double& g : expected) g += static_cast<double>(p.garbage);
          CHECK(difference_within(values<float>(actual), expected, bound) == "");
        };
        check_added(p.dwx, naive.dwx, 1e-5 * t * t);
        check_added(p.dwy, naive.dwy, 1e-5 * t * t);
        if (bias) check_added(p.dby, naive.dby, 1e-5 * t);
        CHECK(difference_within(p.dx.span(), naive.dx, 1e-5 * t) == "");
        p.evaluate(1);
        CHECK(difference(p.y.span(), naive.y, 2e-6) == "");
      }
}

TEST_CASE(
    "NaN and infinities in the input and the arrays make of outputs and gradients what they make of the equations") {
  constexpr float infinity = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
  const auto check = []<HeadNorm Norm>(float value, std::size_t samples, int where) {
    CAPTURE(value);
    CAPTURE(samples);
    CAPTURE(where);
    Problem<Norm, float> p(samples, where == 3, 0.2f);
    if (where == 0) p.x[samples / 2](1, 2, 1) = value;
    if (where == 1) p.wx.data()[H * W + 7] = value;
    if (where == 2) p.wy.data()[H * W + 7] = value;
    if (where == 3) p.bx.data()[H * W + 7] = value;
    NaiveAttentionHeads naive = p.naive();
    naive.forward(true);
    naive.backward(values<float>(p.dy));
    p.forward(1);
    p.backward(1, true);
    CHECK(difference_beside_nan(p.y.span(), naive.y, 1e-5) == "");
    CHECK(difference_beside_nan(p.dx.span(), naive.dx, 1e-5) == "");
    for (double& g : naive.dwx) g += static_cast<double>(p.garbage);
    for (double& g : naive.dwy) g += static_cast<double>(p.garbage);
    CHECK(difference_beside_nan(values<float>(p.dwx), naive.dwx, 1e-5) == "");
    CHECK(difference_beside_nan(values<float>(p.dwy), naive.dwy, 1e-5) == "");
    naive.forward(false);
    p.evaluate(1);
    CHECK(difference_beside_nan(p.y.span(), naive.y, 1e-5) == "");
  };
  for (const float value : {nan, -nan, infinity, -infinity})
    for (const std::size_t samples : {1u, 5u, 21u})
      for (const int where : {0, 1, 2, 3}) {
        check.operator()<HeadNorm::none>(value, samples, where);
        check.operator()<HeadNorm::plain>(value, samples, where);
      }
}

TEST_CASE("NaN in one sample leaves large numbers of the others as they are") {
  Problem<HeadNorm::none, float> p(21, false, 2.0f);
  for (std::size_t n = 0; n < 21; n += 2) p.x[n](0, 1, 1) = std::numeric_limits<float>::quiet_NaN();
  p.x[7](0, 3, 1) = 50.0f;
  NaiveAttentionHeads naive = p.naive();
  naive.forward(true);
  p.forward(1);
  CHECK(difference_beside_nan(p.y.span(), naive.y, 1e-5) == "");
}

TEST_CASE("no sample leaves running statistics and gradients as they are") {
  Problem<HeadNorm::affine, double> p(0, true);
  const auto mean = values<double>(p.running_mean), variance = values<double>(p.running_var);
  const auto dwx = values<double>(p.dwx), dscale = values<double>(p.dscale);
  p.forward(1);
  p.backward(1, true);
  p.evaluate(1);
  CHECK(values<double>(p.running_mean) == mean);
  CHECK(values<double>(p.running_var) == variance);
  CHECK(values<double>(p.dwx) == dwx);
  CHECK(values<double>(p.dscale) == dscale);
}

TEST_CASE("without a norm, no statistics are read") {
  Problem<HeadNorm::none, float> p(5, true), q(5, true);
  p.forward(1);
  q.forward(1);
  std::fill(q.cache.end() - 2 * maps, q.cache.end(), std::numeric_limits<float>::quiet_NaN());
  p.backward(1, true);
  q.backward(1, true);
  CHECK(values<float>(q.dx) == values<float>(p.dx));
  CHECK(values<float>(q.dwx) == values<float>(p.dwx));
}

TEST_CASE("NaN in the input reaches the output of its sample") {
  for (const int threads : {1, 2}) {
    Problem<HeadNorm::none, float> p(5, false);
    p.x[1](1, 2, 1) = std::numeric_limits<float>::quiet_NaN();
    p.forward(threads);
    for (std::size_t m = 1; m < maps; m += C) CHECK(std::isnan(p.y[1](m, 2, 1)));
    for (std::size_t k = 0; k < Out::size; ++k) CHECK(std::isfinite(p.y[2][k]));
  }
}
