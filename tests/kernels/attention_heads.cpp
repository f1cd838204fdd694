// SPDX-License-Identifier: MIT
#include "odot/kernels/attention_heads/cpu/attention_heads.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

#include "support/attention_heads_problem.hpp"

using namespace odot;
using namespace odot::test;
using kernels::HeadNorm;

namespace {

template <HeadNorm Norm, class S>
using Problem = HeadsProblem<Norm, S>;
using Any = Problem<HeadNorm::none, float>;
constexpr std::size_t C = Any::C, H = Any::H, W = Any::W, heads = Any::heads, maps = Any::maps;
using Arrays = Any::Arrays;
using Out = Any::Out;

template <class S>
std::vector<double> values(const auto& owner) {
  return values_of(owner);
}

}  // namespace

TEST_CASE("heads without a norm match the naive reference on whole and partial tiles") {
  for (const std::size_t samples : {1u, 3u, 8u, 17u}) check_heads<Cpu, HeadNorm::none, double>(samples, false, 1e-13);
  check_heads<Cpu, HeadNorm::none, double>(3, true, 1e-13);
}

TEST_CASE("heads with the plain norm match the naive reference on whole and partial tiles") {
  for (const std::size_t samples : {1u, 3u, 8u, 17u}) check_heads<Cpu, HeadNorm::plain, double>(samples, false, 1e-12);
  check_heads<Cpu, HeadNorm::plain, double>(17, true, 1e-12);
}

TEST_CASE("heads with the affine norm match the naive reference on whole and partial tiles") {
  for (const std::size_t samples : {1u, 3u, 8u, 17u}) check_heads<Cpu, HeadNorm::affine, double>(samples, true, 1e-12);
  check_heads<Cpu, HeadNorm::affine, double>(3, false, 1e-12);
}

TEST_CASE("heads in single precision match the naive reference") {
  for (const std::size_t samples : {1u, 16u, 19u, 35u}) check_heads<Cpu, HeadNorm::affine, float>(samples, true, 1e-5);
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
