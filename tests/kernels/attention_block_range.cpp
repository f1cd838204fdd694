// SPDX-License-Identifier: MIT
// The attention block on the CPU: numbers of any size, NaN and infinities.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

#include "odot/kernels/attention_block/cpu/attention_block.hpp"
#include "support/attention_block_problem.hpp"
#include "support/difference.hpp"

using namespace odot;
using namespace odot::test;
using kernels::HeadNorm;

TEST_CASE("scores of any size are as in double, forward and backward") {
  const auto check = []<bool Bias>(float size, bool near_ties, std::size_t samples) {
    using G = BlockGeometry<HeadNorm::none, false, false, Bias>;
    CAPTURE(size);
    CAPTURE(near_ties);
    CAPTURE(samples);
    BlockProblem<G, float> p(samples);
    for (float& x : p.x.span()) x = near_ties ? size * (1 + 0x1p-23f * std::round(8 * x)) : size * x;
    if (near_ties) {
      std::ranges::fill_n(p.wx.data(), p.wx.size(), 1.2345678f);
      std::ranges::fill_n(p.wy.data(), p.wy.size(), 0.7654321f);
    }
    NaiveBlock<G> naive(p);
    naive.forward(true);
    p.forward(1);
    CHECK(difference(p.y.span(), naive.y, 3e-6) == "");
    if (size <= 1e12f) {  // else gradients that float does not hold
      naive.backward(values_of(p.dy));
      p.backward(1, true);
      for (auto* gradient : {&naive.heads.dwx, &naive.heads.dwy})
        for (double& g : *gradient) g += static_cast<double>(p.garbage);
      // t − A Σ t cancels in float: what is exact is relative to t, which is of the size of x.
      const double t = std::max(1.0, static_cast<double>(size));
      CHECK(difference_within(values_of(p.dwx), naive.heads.dwx, 5e-5 * t * t) == "");
      CHECK(difference_within(values_of(p.dwy), naive.heads.dwy, 5e-5 * t * t) == "");
      CHECK(difference_within(p.dx.span(), naive.heads.dx, 5e-5 * t) == "");
    }
    p.evaluate(1);
    CHECK(difference(p.y.span(), naive.y, 3e-6) == "");
  };
  for (const float size : {1e-30f, 1e-5f, 0.1f, 1.0f, 20.0f, 1e3f, 1e5f, 1.7e7f, 1e9f, 1e12f, 1e20f, 1e30f})
    for (const bool near_ties : {false, true})
      for (const std::size_t samples : {1u, 19u}) {
        check.operator()<false>(size, near_ties, samples);
        if (!near_ties || size <= 1e9f) check.operator()<true>(size, near_ties, samples);  // double loses the bias
      }
}

TEST_CASE(
    "NaN and infinities in the input and the arrays make of outputs and gradients what they make of the equations") {
  constexpr float infinity = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
  const auto check = []<HeadNorm Norm, bool Bias>(float value, std::size_t samples, int where) {
    using G = BlockGeometry<Norm, true, true, Bias>;
    constexpr std::size_t plane = BlockImage::extents[1] * BlockImage::extents[2];
    CAPTURE(value);
    CAPTURE(samples);
    CAPTURE(where);
    BlockProblem<G, float> p(samples, 0.2f);
    if (where == 0) p.x[samples / 2](1, 2, 1) = value;
    if (where == 1) p.wx.data()[plane + 7] = value;
    if (where == 2) p.wy.data()[plane + 7] = value;
    if (where == 3) p.bx.data()[plane + 7] = value;
    NaiveBlock<G> naive(p);
    naive.forward(true);
    naive.backward(values_of(p.dy));
    p.forward(1);
    p.backward(1, true);
    CHECK(difference_beside_nan(p.y.span(), naive.y, 2e-5) == "");
    CHECK(difference_beside_nan(p.dx.span(), naive.heads.dx, 2e-5) == "");
    for (auto* gradient : {&naive.heads.dwx, &naive.heads.dwy})
      for (double& g : *gradient) g += static_cast<double>(p.garbage);
    CHECK(difference_beside_nan(values_of(p.dwx), naive.heads.dwx, 2e-5) == "");
    CHECK(difference_beside_nan(values_of(p.dwy), naive.heads.dwy, 2e-5) == "");
    naive.forward(false);
    p.evaluate(1);
    CHECK(difference_beside_nan(p.y.span(), naive.y, 2e-5) == "");
  };
  for (const float value : {nan, infinity, -infinity})
    for (const std::size_t samples : {1u, 5u, 21u})
      for (const int where : {0, 1, 2, 3}) {
        check.operator()<HeadNorm::none, true>(value, samples, where);
        if (where < 3) check.operator()<HeadNorm::none, false>(value, samples, where);
        if (where < 3) check.operator()<HeadNorm::plain, false>(value, samples, where);
      }
}

TEST_CASE("an infinite weight at the end of a row reaches no element outside of the image") {
  using G = kernels::AttentionGeometry<Shape<1, 4, 19>, 2, HeadNorm::none, false, false>;
  for (const std::size_t at : {18u, 19u, 20u}) {
    BlockProblem<G, float> p(1, 0.2f);
    p.wx.data()[at] = -std::numeric_limits<float>::infinity();
    NaiveBlock<G> naive(p);
    naive.forward(true);
    p.evaluate(1);
    CHECK(difference_beside_nan(p.y.span(), naive.y, 1e-5) == "");
  }
}

TEST_CASE_TEMPLATE("an infinite gradient makes a kernel's infinite, with its sign, in images of any size", S, float,
                   double) {
  const auto check = []<class Image>(Image, S infinite, std::size_t samples) {
    using G = kernels::AttentionGeometry<Image, 2, HeadNorm::none, false, false>;
    CAPTURE(Image::extents[1]);
    CAPTURE(samples);
    BlockProblem<G, S> p(samples, S(0.2));
    p.dy[samples / 2](0, 2, 2) = infinite;
    NaiveBlock<G> naive(p);
    naive.forward(true);
    naive.backward(values_of(p.dy));
    p.forward(1);
    p.backward(1, true);
    const std::vector<double>& expected = naive.through_conv.weight;
    for (std::size_t i = 0; i < expected.size(); ++i) {
      CAPTURE(i);
      CHECK(std::isinf(expected[i]));
      CHECK(static_cast<double>(p.dconv.data()[i]) == expected[i]);
    }
    CHECK(p.dconv_bias(0) == infinite);
  };
  for (const S infinite : {std::numeric_limits<S>::infinity(), -std::numeric_limits<S>::infinity()})
    for (const std::size_t samples : {1u, 21u}) {
      check(Shape<1, 5, 4>(), infinite, samples);
      check(Shape<1, 90, 5>(), infinite, samples);
      check(Shape<1, 5, 150>(), infinite, samples);
    }
}

TEST_CASE("NaN in the input reaches the output of its sample, through the ReLU") {
  BlockProblem<BlockGeometry<HeadNorm::none, false, true>, float> p(5);
  p.x[1](1, 2, 1) = std::numeric_limits<float>::quiet_NaN();
  p.forward(1);
  for (std::size_t c = 0; c < 2; ++c) CHECK(std::isnan(p.y[1](c, 2, 1)));
  for (std::size_t k = 0; k < BlockImage::size; ++k) CHECK(std::isfinite(p.y[2][k]));
}
