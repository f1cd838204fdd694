#pragma once
// SPDX-License-Identifier: MIT
// The attention block's kernel, one fused pass over heads, convolution, skip connection and ReLU, against the naive
// composition, on any device.

#include <doctest/doctest.h>

#include <cstddef>
#include <vector>

#include "support/attention_block_problem.hpp"
#include "support/difference.hpp"

namespace odot::test {

/// Scores of both sizes: those that small_exp takes, and those that need their maximum subtracted.
template <class Device, kernels::HeadNorm Norm, bool Skip, bool ReLU, bool Bias, class S>
void check_block(std::size_t samples, double tolerance, S size) {
  using G = BlockGeometry<Norm, Skip, ReLU, Bias>;
  CAPTURE(samples);
  CAPTURE(size);
  BlockProblem<G, S, Device> p(samples, size);
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
  if (Norm == kernels::HeadNorm::affine) check_added(p.dscale, naive.heads.dscale);
  if (Norm == kernels::HeadNorm::affine) check_added(p.dshift, naive.heads.dshift);
  check_added(p.dconv, naive.through_conv.weight);
  check_added(p.dconv_bias, naive.through_conv.bias);

  p.evaluate(1);
  naive.forward(false);
  CHECK(difference(p.y.span(), naive.y, tolerance) == "");
}

/// Training, evaluation and gradients on few and on more samples, in single precision, small scores and others.
template <class Device, class Image, std::size_t Heads>
void check_block_of_image() {
  using G = kernels::AttentionGeometry<Image, Heads, kernels::HeadNorm::plain, true, true, true>;
  CAPTURE(Image::size);
  for (const float size : {0.2f, 2.0f})
    for (const std::size_t samples : {1u, 2u, 21u}) {
      CAPTURE(size);
      CAPTURE(samples);
      BlockProblem<G, float, Device> p(samples, size);
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

}  // namespace odot::test
