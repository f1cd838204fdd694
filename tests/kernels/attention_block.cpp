// SPDX-License-Identifier: MIT
// The attention block on the CPU against the naive one: forward, evaluation, gradients.
#include "odot/kernels/attention_block/cpu/attention_block.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <vector>

#include "support/attention_block_problem.hpp"
#include "support/difference.hpp"

using namespace odot;
using namespace odot::test;
using kernels::HeadNorm;

namespace {

/// Scores of both sizes: those that small_exp takes, and those that need their maximum subtracted.
template <HeadNorm Norm, bool Skip, bool Relu, bool Bias, class S>
void check_contract(std::size_t samples, double tolerance, S size) {
  using G = BlockGeometry<Norm, Skip, Relu, Bias>;
  CAPTURE(samples);
  CAPTURE(size);
  BlockProblem<G, S> p(samples, size);
  NaiveBlock<G> naive(p);
  naive.forward(true);
  naive.backward(values_of(p.dy));

  p.forward(1);
  CHECK(difference(p.y.span(), naive.y, tolerance) == "");
  CHECK(difference(values_of(p.running_mean), naive.heads.running_mean, tolerance) == "");
  CHECK(difference(values_of(p.running_var), naive.heads.running_var, tolerance) == "");

  p.backward(1, true);
  CHECK(difference(p.dx.span(), naive.heads.dx, tolerance) == "");
  const auto check_added = [&](const auto& actual, std::vector<double> expected) {
    for (double& g : expected) g += static_cast<double>(p.garbage);
    CHECK(difference(values_of(actual), expected, tolerance) == "");
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
      BlockProblem<G, float> p(samples, size);
      NaiveBlock<G> naive(p);
      naive.forward(true);
      naive.backward(values_of(p.dy));
      p.forward(1);
      CHECK(difference(p.y.span(), naive.y, 1e-4) == "");
      p.backward(1, true);
      CHECK(difference(p.dx.span(), naive.heads.dx, 1e-3) == "");
      for (double& g : naive.heads.dwy) g += static_cast<double>(p.garbage);
      CHECK(difference(values_of(p.dwy), naive.heads.dwy, 1e-3) == "");
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
  using G = BlockGeometry<HeadNorm::plain, true, true>;
  BlockProblem<G, double> p(75, 0.4);
  for (std::size_t k = 0; k < BlockImage::size; ++k) p.x[40][k] *= 10;
  NaiveBlock<G> naive(p);
  naive.forward(true);
  naive.backward(values_of(p.dy));
  p.forward(1);
  p.backward(1, true);
  CHECK(difference(p.y.span(), naive.y, 1e-12) == "");
  CHECK(difference(p.dx.span(), naive.heads.dx, 1e-12) == "");
}

TEST_CASE("backward without an input gradient leaves dx alone and gives the same parameter gradients") {
  using G = BlockGeometry<HeadNorm::plain, true, true>;
  BlockProblem<G, double> with(5), without(5);
  with.forward(1);
  with.backward(1, true);
  without.forward(1);
  without.backward(1, false);
  CHECK(values_of(without.dwx) == values_of(with.dwx));
  CHECK(values_of(without.dconv) == values_of(with.dconv));
  CHECK(values_of(without.dx) == std::vector<double>(without.dx.size(), 77.0));
  CHECK(values_of(without.dbx) ==
        std::vector<double>(without.dbx.size(), without.garbage));  // there are no bias arrays
}

TEST_CASE("any number of threads gives the same bits") {
  const auto results = [](int threads) {
    BlockProblem<BlockGeometry<HeadNorm::plain, true, true, true>, float> p(1030);  // more tiles than partial sums
    p.forward(threads);
    p.backward(threads, true);
    std::vector<std::vector<double>> all{values_of(p.y),    values_of(p.running_mean), values_of(p.running_var),
                                         values_of(p.dx),   values_of(p.dwx),          values_of(p.dby),
                                         values_of(p.dconv)};
    p.evaluate(threads);
    all.push_back(values_of(p.y));
    return all;
  };
  const auto one = results(1);
  for (const int threads : {2, 3}) {
    const auto many = results(threads);
    for (std::size_t i = 0; i < one.size(); ++i) CHECK(many[i] == one[i]);
  }
}
