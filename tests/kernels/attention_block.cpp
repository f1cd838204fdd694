// SPDX-License-Identifier: MIT
#include "odot/kernels/attention_block/cpu.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

#include "odot/core/tensor.hpp"
#include "odot/kernels/conv2d/conv2d.hpp"
#include "support/difference.hpp"
#include "support/hash_uniform.hpp"
#include "support/naive_attention_heads.hpp"
#include "support/naive_conv2d.hpp"

using namespace odot;
using namespace odot::test;
using kernels::HeadNorm;

namespace {

constexpr kernels::NormConstants constants{};
using Kernel = kernels::AttentionBlock<Cpu>;
using In = Shape<2, 5, 3>;
template <HeadNorm Norm, bool Skip, bool Relu, bool Bias = false>
using Geometry = kernels::AttentionGeometry<In, 3, Norm, Skip, Relu, Bias>;

std::vector<double> values(const auto& owner) { return {owner.data(), owner.data() + owner.size()}; }

/// The kernel's inputs and outputs; outputs and gradients start as garbage.
template <class G, class S>
struct Problem {
  static constexpr S garbage = 2;
  static constexpr std::size_t maps = G::maps;
  using Arrays = Shape<G::heads, G::C, G::H, G::W>;

  /// `size`: the largest number in the arrays; x goes up to 2.
  explicit Problem(std::size_t samples, S size = 2)
      : x(samples), dx(samples), y(samples), dy(samples),
        cache(kernels::attention_block_cache<typename G::image, G::heads>(samples)) {
    const auto draw = [](auto& owner, std::size_t start, S largest) {
      std::ranges::transform(hash_uniform(owner.size(), start), owner.data(),
                             [largest](double value) { return largest * static_cast<S>(value); });
    };
    draw(x, 0, S{2});
    draw(dy, 100'000, S{1});
    draw(wx, 200'000, size);
    draw(wy, 201'000, size);
    draw(bx, 202'000, size / 2);
    draw(by, 203'000, size / 2);
    draw(scale, 204'000, S{2});
    draw(shift, 205'000, S{1});
    draw(conv, 206'000, S{1});
    draw(conv_bias, 207'000, S{1});
    for (auto* gradient : {&dwx, &dwy, &dbx, &dby}) std::ranges::fill_n(gradient->data(), Arrays::size, garbage);
    for (auto* gradient : {&dscale, &dshift}) std::ranges::fill_n(gradient->data(), maps, garbage);
    std::ranges::fill_n(dconv.data(), dconv.size(), garbage);
    std::ranges::fill_n(dconv_bias.data(), dconv_bias.size(), garbage);
    std::ranges::fill(y.span(), S{77});
    std::ranges::fill(dx.span(), S{77});
    std::ranges::fill_n(running_mean.data(), maps, S{0.25});
    std::ranges::fill_n(running_var.data(), maps, S{0.5});
  }

  kernels::BlockWeights<const S, G, Cpu> weights() const {
    kernels::BlockWeights<const S, G, Cpu> all{};
    all.heads.weight_x = wx;
    all.heads.weight_y = wy;
    if (G::bias) {
      all.heads.bias_x = bx;
      all.heads.bias_y = by;
    }
    if (G::norm == HeadNorm::affine) {
      all.heads.scale = scale;
      all.heads.shift = shift;
    }
    all.conv_weight = conv;
    all.conv_bias = conv_bias;
    return all;
  }
  kernels::BlockWeights<S, G, Cpu> gradients() {
    kernels::BlockWeights<S, G, Cpu> all{};
    all.heads.weight_x = dwx;
    all.heads.weight_y = dwy;
    if (G::bias) {
      all.heads.bias_x = dbx;
      all.heads.bias_y = dby;
    }
    if (G::norm == HeadNorm::affine) {
      all.heads.scale = dscale;
      all.heads.shift = dshift;
    }
    all.conv_weight = dconv;
    all.conv_bias = dconv_bias;
    return all;
  }

  void forward(int threads) {
    Workspace<Cpu> workspace(threads);
    Kernel::forward_training<G, S>(workspace, constants, x, weights(), running_mean, running_var, cache.data(), y);
  }
  void evaluate(int threads) {
    Workspace<Cpu> workspace(threads);
    Kernel::forward_evaluation<G, S>(workspace, constants, x, weights(), running_mean, running_var, y);
  }
  void backward(int threads, bool with_input) {
    Workspace<Cpu> workspace(threads);
    Kernel::backward<G, S>(workspace, x, weights(), cache.data(), y, dy, gradients(),
                           with_input ? dx.view() : BatchView<typename G::image, S>());
  }

  Batch<typename G::image, S> x, dx, y, dy;
  Tensor<Arrays, S> wx, wy, bx, by, dwx, dwy, dbx, dby;
  Tensor<Shape<maps>, S> scale, shift, dscale, dshift, running_mean, running_var;
  Tensor<typename G::conv_weight, S> conv, dconv;
  Tensor<typename G::conv_bias, S> conv_bias, dconv_bias;
  std::vector<S> cache;
};

/// The block as a composition of the naive heads, the naive convolution, a sum and a maximum.
template <class G>
struct Naive {
  using Conv = NaiveConv2d<kernels::ConvGeometry<Shape<G::maps, G::H, G::W>, G::C, 3, 1, 1>>;

  template <class S>
  explicit Naive(const Problem<G, S>& p)
      : heads{.N = p.x.samples(),
              .C = G::C,
              .H = G::H,
              .W = G::W,
              .heads = G::heads,
              .norm = G::norm != HeadNorm::none,
              .affine = G::norm == HeadNorm::affine},
        conv(values(p.conv)), conv_bias(values(p.conv_bias)) {
    heads.x = values(p.x);
    heads.wx = values(p.wx);
    heads.wy = values(p.wy);
    if (G::bias) heads.bx = values(p.bx);
    if (G::bias) heads.by = values(p.by);
    heads.scale = values(p.scale);
    heads.shift = values(p.shift);
    heads.running_mean = values(p.running_mean);
    heads.running_var = values(p.running_var);
  }

  void forward(bool training) {
    heads.forward(training);
    y = Conv::template forward<double>(heads.N, heads.y, conv, conv_bias);
    for (std::size_t i = 0; i < y.size(); ++i) {
      if (G::skip) y[i] += heads.x[i];
      if (G::relu) y[i] = std::max(y[i], 0.0);
    }
  }
  void backward(std::vector<double> dy) {
    for (std::size_t i = 0; i < y.size(); ++i)
      if (G::relu && y[i] == 0) dy[i] = 0;
    through_conv = Conv::template backward<double>(heads.N, heads.y, conv, dy);
    heads.backward(through_conv.x);
    for (std::size_t i = 0; i < dy.size(); ++i)
      if (G::skip) heads.dx[i] += dy[i];
  }

  NaiveAttentionHeads heads;
  std::vector<double> conv, conv_bias, y;
  typename Conv::Gradients through_conv;
};

/// Scores of both sizes: those that small_exp takes, and those that need their maximum subtracted.
template <HeadNorm Norm, bool Skip, bool Relu, bool Bias, class S>
void check_contract(std::size_t samples, double tolerance, S size) {
  using G = Geometry<Norm, Skip, Relu, Bias>;
  CAPTURE(samples);
  CAPTURE(size);
  Problem<G, S> p(samples, size);
  Naive<G> naive(p);
  naive.forward(true);
  naive.backward(values(p.dy));

  p.forward(1);
  CHECK(difference(p.y.span(), naive.y, tolerance) == "");
  CHECK(difference(values(p.running_mean), naive.heads.running_mean, tolerance) == "");
  CHECK(difference(values(p.running_var), naive.heads.running_var, tolerance) == "");

  p.backward(1, true);
  CHECK(difference(p.dx.span(), naive.heads.dx, tolerance) == "");
  const auto check_added = [&](const auto& actual, std::vector<double> expected) {
    for (double& g : expected) g += static_cast<double>(p.garbage);
    CHECK(difference(values(actual), expected, tolerance) == "");
  };
  check_added(p.dwx, naive.heads.dwx);
  check_added(p.dwy, naive.heads.dwy);
  if (Bias) check_added(p.dbx, naive.heads.dbx);
  if (Bias) check_added(p.dby, naive.heads.dby);
  if (Norm == HeadNorm::affine) check_added(p.dscale, naive.heads.dscale);
  if (Norm == HeadNorm::affine) check_added(p.dshift, naive.heads.dshift);
  check_added(p.dconv, naive.through_conv.weight);
  check_added(p.dconv_bias, naive.through_conv.bias);

  p.evaluate(1);
  naive.forward(false);
  CHECK(difference(p.y.span(), naive.y, tolerance) == "");
}

/// Training, evaluation and gradients on few and on more samples, in single precision, small scores and others.
template <class Image, std::size_t Heads>
void check_image() {
  using G = kernels::AttentionGeometry<Image, Heads, HeadNorm::plain, true, true, true>;
  CAPTURE(Image::size);
  for (const float size : {0.2f, 2.0f})
    for (const std::size_t samples : {1u, 2u, 21u}) {
      CAPTURE(size);
      CAPTURE(samples);
      Problem<G, float> p(samples, size);
      Naive<G> naive(p);
      naive.forward(true);
      naive.backward(values(p.dy));
      p.forward(1);
      CHECK(difference(p.y.span(), naive.y, 1e-4) == "");
      p.backward(1, true);
      CHECK(difference(p.dx.span(), naive.heads.dx, 1e-3) == "");
      for (double& g : naive.heads.dwy) g += static_cast<double>(p.garbage);
      CHECK(difference(values(p.dwy), naive.heads.dwy, 1e-3) == "");
      p.evaluate(1);
      naive.forward(false);
      CHECK(difference(p.y.span(), naive.y, 1e-4) == "");
    }
}

}  // namespace

TEST_CASE("the papers' block matches the naive composition on whole and partial tiles") {
  for (const double size : {0.2, 0.4, 2.0}) {
    for (const std::size_t samples : {1u, 3u, 8u, 17u, 75u})
      check_contract<HeadNorm::plain, true, true, false>(samples, 1e-12, size);
    check_contract<HeadNorm::plain, true, true, true>(17, 1e-12, size);
  }
}

TEST_CASE("a block without head norm and skip connection matches the naive composition") {
  for (const double size : {0.2, 0.4, 2.0})
    for (const std::size_t samples : {1u, 17u})
      check_contract<HeadNorm::none, false, true, false>(samples, 1e-12, size);
}

TEST_CASE("a block with the affine norm and without ReLU matches the naive composition") {
  for (const double size : {0.3, 2.0})
    for (const std::size_t samples : {2u, 17u})
      check_contract<HeadNorm::affine, true, false, true>(samples, 1e-12, size);
}

TEST_CASE("a block in single precision matches the naive composition") {
  for (const float size : {0.2f, 0.4f, 2.0f, 20.0f})
    for (const std::size_t samples : {1u, 16u, 19u, 150u})
      check_contract<HeadNorm::plain, true, true, true>(samples, 2e-5, size);
}

TEST_CASE("images of any extents, and more heads than lanes, match the naive composition") {
  check_image<Shape<1, 1, 7>, 3>();
  check_image<Shape<2, 6, 1>, 3>();
  check_image<Shape<1, 3, 19>, 2>();
  check_image<Shape<3, 4, 6>, 17>();
  check_image<Shape<1, 2, 32>, 3>();
  check_image<Shape<1, 28, 28>, 2>();
}

TEST_CASE("tiles with small and with any scores go together") {
  using G = Geometry<HeadNorm::plain, true, true>;
  Problem<G, double> p(75, 0.4);
  for (std::size_t k = 0; k < In::size; ++k) p.x[40][k] *= 10;
  Naive<G> naive(p);
  naive.forward(true);
  naive.backward(values(p.dy));
  p.forward(1);
  p.backward(1, true);
  CHECK(difference(p.y.span(), naive.y, 1e-12) == "");
  CHECK(difference(p.dx.span(), naive.heads.dx, 1e-12) == "");
}

TEST_CASE("backward without an input gradient leaves dx alone and gives the same parameter gradients") {
  using G = Geometry<HeadNorm::plain, true, true>;
  Problem<G, double> with(5), without(5);
  with.forward(1);
  with.backward(1, true);
  without.forward(1);
  without.backward(1, false);
  CHECK(values(without.dwx) == values(with.dwx));
  CHECK(values(without.dconv) == values(with.dconv));
  CHECK(values(without.dx) == std::vector<double>(without.dx.size(), 77.0));
  CHECK(values(without.dbx) == std::vector<double>(without.dbx.size(), without.garbage));  // there are no bias arrays
}

TEST_CASE("any number of threads gives the same bits") {
  const auto results = [](int threads) {
    Problem<Geometry<HeadNorm::plain, true, true, true>, float> p(1030);  // more tiles than partial sums
    p.forward(threads);
    p.backward(threads, true);
    std::vector<std::vector<double>> all{values(p.y),   values(p.running_mean), values(p.running_var), values(p.dx),
                                         values(p.dwx), values(p.dby),          values(p.dconv)};
    p.evaluate(threads);
    all.push_back(values(p.y));
    return all;
  };
  const auto one = results(1);
  for (const int threads : {2, 3}) {
    const auto many = results(threads);
    for (std::size_t i = 0; i < one.size(); ++i) CHECK(many[i] == one[i]);
  }
}

TEST_CASE("scores of any size are as in double, forward and backward") {
  const auto check = []<bool Bias>(float size, bool near_ties, std::size_t samples) {
    using G = Geometry<HeadNorm::none, false, false, Bias>;
    CAPTURE(size);
    CAPTURE(near_ties);
    CAPTURE(samples);
    Problem<G, float> p(samples);
    for (float& x : p.x.span()) x = near_ties ? size * (1 + 0x1p-23f * std::round(8 * x)) : size * x;
    if (near_ties) {
      std::ranges::fill_n(p.wx.data(), p.wx.size(), 1.2345678f);
      std::ranges::fill_n(p.wy.data(), p.wy.size(), 0.7654321f);
    }
    Naive<G> naive(p);
    naive.forward(true);
    p.forward(1);
    CHECK(difference(p.y.span(), naive.y, 3e-6) == "");
    if (size <= 1e12f) {  // else gradients that float does not hold
      naive.backward(values(p.dy));
      p.backward(1, true);
      for (auto* gradient : {&naive.heads.dwx, &naive.heads.dwy})
        for (double& g : *gradient) g += static_cast<double>(p.garbage);
      // t − A Σ t cancels in float: what is exact is relative to t, which is of the size of x.
      const double t = std::max(1.0, static_cast<double>(size));
      CHECK(difference_within(values(p.dwx), naive.heads.dwx, 5e-5 * t * t) == "");
      CHECK(difference_within(values(p.dwy), naive.heads.dwy, 5e-5 * t * t) == "");
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
    using G = Geometry<Norm, true, true, Bias>;
    constexpr std::size_t plane = In::extents[1] * In::extents[2];
    CAPTURE(value);
    CAPTURE(samples);
    CAPTURE(where);
    Problem<G, float> p(samples, 0.2f);
    if (where == 0) p.x[samples / 2](1, 2, 1) = value;
    if (where == 1) p.wx.data()[plane + 7] = value;
    if (where == 2) p.wy.data()[plane + 7] = value;
    if (where == 3) p.bx.data()[plane + 7] = value;
    Naive<G> naive(p);
    naive.forward(true);
    naive.backward(values(p.dy));
    p.forward(1);
    p.backward(1, true);
    CHECK(difference_beside_nan(p.y.span(), naive.y, 2e-5) == "");
    CHECK(difference_beside_nan(p.dx.span(), naive.heads.dx, 2e-5) == "");
    for (auto* gradient : {&naive.heads.dwx, &naive.heads.dwy})
      for (double& g : *gradient) g += static_cast<double>(p.garbage);
    CHECK(difference_beside_nan(values(p.dwx), naive.heads.dwx, 2e-5) == "");
    CHECK(difference_beside_nan(values(p.dwy), naive.heads.dwy, 2e-5) == "");
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
    Problem<G, float> p(1, 0.2f);
    p.wx.data()[at] = -std::numeric_limits<float>::infinity();
    Naive<G> naive(p);
    naive.forward(true);
    p.evaluate(1);
    CHECK(difference_beside_nan(p.y.span(), naive.y, 1e-5) == "");
  }
}

TEST_CASE("NaN in the input reaches the output of its sample, through the ReLU") {
  Problem<Geometry<HeadNorm::none, false, true>, float> p(5);
  p.x[1](1, 2, 1) = std::numeric_limits<float>::quiet_NaN();
  p.forward(1);
  for (std::size_t c = 0; c < 2; ++c) CHECK(std::isnan(p.y[1](c, 2, 1)));
  for (std::size_t k = 0; k < In::size; ++k) CHECK(std::isfinite(p.y[2][k]));
}
