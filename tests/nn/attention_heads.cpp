// SPDX-License-Identifier: MIT
#include "odot/nn/attention_heads.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <type_traits>
#include <vector>

#include "odot/kernels/attention_heads/cpu/attention_heads.hpp"
#include "support/gradient_report.hpp"
#include "support/layer_reference.hpp"

using namespace odot;
using namespace odot::test;
using nn::AttentionHeadsOptions;

namespace {

template <AttentionHeadsOptions Options>
using Heads = Bound<nn::AttentionHeads<3, Options>, Shape<2, 5, 3>>;

constexpr AttentionHeadsOptions none{.norm = false}, plain{}, affine{.affine = true};
constexpr AttentionHeadsOptions none_bias{.norm = false, .bias = true}, plain_bias{.bias = true};
constexpr AttentionHeadsOptions affine_bias{.affine = true, .bias = true};
constexpr std::size_t arrays = 3 * 2 * 5 * 3, maps = 3 * 2;

}  // namespace

static_assert(Heads<none>::parameter_count == 2 * arrays);
static_assert(Heads<plain>::parameter_count == 2 * arrays);
static_assert(Heads<affine_bias>::parameter_count == 4 * arrays + 2 * maps);
static_assert(Heads<none_bias>::buffer_count == 0 && Heads<plain_bias>::buffer_count == 2 * maps);
static_assert(Heads<plain>::couples_samples && !Heads<none>::couples_samples);
static_assert(std::is_same_v<Heads<plain>::output_shape, Shape<6, 5, 3>>);

TEST_CASE("forward matches hand-computed values") {
  LayerRun<Bound<nn::AttentionHeads<1, AttentionHeadsOptions{.norm = false}>, Shape<1, 2, 3>>> run(1);
  const double log2 = std::log(2.0), log3 = std::log(3.0);
  run.x = Batch<Shape<1, 2, 3>, double>(1, {1, 1, 1,  //
                                            2, 2, 2});
  std::ranges::copy(std::vector<double>{0, log2, log3,  //
                                        0, 0, 0},
                    run.parameter("weight_x").begin());
  std::ranges::copy(std::vector<double>{0, log3, 0,  //
                                        0, 0, log2},
                    run.parameter("weight_y").begin());
  run.forward();
  // exp(x ⊙ Wx): 1 2 3 / 1 1 1; divided by the row's sum: 1/6 2/6 3/6 / 1/3 1/3 1/3
  // exp(x ⊙ Wy): 1 3 1 / 1 1 4; divided by the column's sum: 1/2 3/4 1/5 / 1/2 1/4 4/5
  // y = Ax ⊙ Ay ⊙ x
  CHECK(difference(run.y.span(),
                   std::vector<double>{1.0 / 12, 1.0 / 4, 1.0 / 10,  //
                                       1.0 / 3, 1.0 / 6, 8.0 / 15},
                   1e-14) == "");
}

TEST_CASE("parameters have the documented names and shapes") {
  const LayerRun<Heads<affine_bias>> run(1);
  std::vector<std::string> names;
  for (const auto& info : run.parameter_table) names.push_back(info.name);
  CHECK(names == std::vector<std::string>{"weight_x", "weight_y", "bias_x", "bias_y", "weight", "bias"});
  CHECK(run.parameter_table[0].shape == std::vector<std::size_t>{3, 2, 5, 3});
  CHECK(run.parameter_table[4].shape == std::vector<std::size_t>{6});
  CHECK(run.buffer_table[0].name == "running_mean");
  CHECK(run.buffer_table[1].name == "running_var");
}

namespace {

using Pair = Shape<1, 1, 2>;

/// Two pixels, so that A = softmax(x ⊙ (0, log 3)): (1, 3)/4 for x = (1, 1), (1, 9)/10 for x = (1, 2).
template <AttentionHeadsOptions Options>
auto pair_of_pixels() {
  LayerRun<Bound<nn::AttentionHeads<1, Options>, Pair>> run(2);
  run.parameter("weight_x")[1] = std::log(3.0);
  run.x = Batch<Pair, double>(2, {1, 1,  //
                                  1, 2});
  return run;
}

}  // namespace

TEST_CASE("the running statistics are the first batch's, then take a tenth of every other") {
  auto run = pair_of_pixels<AttentionHeadsOptions{}>();
  run.forward();
  // A = 0.25 0.75 / 0.1 0.9: mean 0.5, squared deviations 0.0625 + 0.0625 + 0.16 + 0.16 = 0.445
  CHECK(std::abs(run.buffer("running_mean")[0] - 0.5) <= 1e-15);
  CHECK(std::abs(run.buffer("running_var")[0] - 0.445 / 3) <= 1e-15);
  run.x = Batch<Pair, double>(2, {1, 1,  //
                                  1, 1});
  run.forward();
  CHECK(std::abs(run.buffer("running_mean")[0] - 0.5) <= 1e-15);
  CHECK(std::abs(run.buffer("running_var")[0] - (0.9 * 0.445 / 3 + 0.1 * 0.25 / 3)) <= 1e-15);
}

TEST_CASE("eps stands beside the variance of A, or of H·W·A") {
  const auto check = [](auto run, double eps) {
    run.forward();  // biased variance 0.445/4
    const double rstd = 1 / std::sqrt(0.445 / 4 + eps);
    CHECK(difference(run.y.span(), std::vector{-0.25 * rstd, 0.25 * rstd, -0.4 * rstd, 0.8 * rstd}, 1e-14) == "");
    CHECK(std::abs(run.buffer("running_var")[0] - 0.445 / 3) <= 1e-15);  // A's in both forms
    run.predict();
    const double unbiased = 1 / std::sqrt(0.445 / 3 + eps);
    CHECK(difference(run.y.span(), std::vector{-0.25 * unbiased, 0.25 * unbiased, -0.4 * unbiased, 0.8 * unbiased},
                     1e-14) == "");
  };
  check(pair_of_pixels<AttentionHeadsOptions{}>(), 1e-5);
  check(pair_of_pixels<AttentionHeadsOptions{.eps = 3}>(), 3);
  check(pair_of_pixels<AttentionHeadsOptions{.eps = 3, .scaled = true}>(), 0.75);  // eps/(H·W)²
}

namespace {

template <class L>
void check_evaluation_after_one_batch(std::size_t samples) {
  CAPTURE(samples);
  LayerRun<L> run(samples);
  run.draw(samples);
  run.predict();                                           // before any batch
  CHECK(difference(run.y.span(), run.y.span(), 0) == "");  // finite, not all zero
  run.forward();
  const std::vector<double> trained(run.y.span().begin(), run.y.span().end());
  run.predict();
  const double n = static_cast<double>(samples) * 15;
  for (std::size_t m = 0; m < maps; ++m) {
    const double variance = run.buffer("running_var")[m], eps = L::constants.eps;
    CHECK(variance > 0);
    const double ratio = std::sqrt((variance * (n - 1) / n + eps) / (variance + eps));
    for (std::size_t s = 0; s < samples; ++s)
      for (std::size_t p = 0; p < 15; ++p)
        CHECK(std::abs(run.y[s][m * 15 + p] - ratio * trained[s * maps * 15 + m * 15 + p]) <= 1e-10);
  }
}

}  // namespace

TEST_CASE("evaluation after one batch is training's output on it, but for the unbiased variance") {
  constexpr AttentionHeadsOptions scaled{.eps = 1e-5, .scaled = true};
  for (const std::size_t samples : {1u, 4u, 17u}) {
    check_evaluation_after_one_batch<Heads<plain>>(samples);
    check_evaluation_after_one_batch<Heads<plain_bias>>(samples);
    check_evaluation_after_one_batch<Heads<scaled>>(samples);
  }
}

TEST_CASE("forward, running statistics and backward match PyTorch") {
  const Reference reference("attention_heads.txt");
  check_layer<Heads<none>>(reference, "none", 1e-10);
  check_layer<Heads<plain>>(reference, "plain", 1e-10);
  check_layer<Heads<affine>>(reference, "affine", 1e-10);
  check_layer<Heads<none_bias>>(reference, "none_bias", 1e-10);
  check_layer<Heads<plain_bias>>(reference, "plain_bias", 1e-10);
  check_layer<Heads<affine_bias>>(reference, "affine_bias", 1e-10);
}

TEST_CASE("a batch of one and a partial tile match PyTorch") {
  const Reference reference("attention_heads.txt");
  check_layer<Heads<plain>>(reference, "plain_batch_of_one", 1e-10);
  check_layer<Heads<plain>>(reference, "plain_17_samples", 1e-10);
  check_layer<Heads<affine_bias>>(reference, "affine_bias_17_samples", 1e-10);
}

TEST_CASE("single precision matches PyTorch") {
  const Reference reference("attention_heads.txt");
  check_layer<Heads<affine_bias>, float>(reference, "affine_bias", 2e-5);
  check_layer<Heads<affine_bias>, float>(reference, "affine_bias_17_samples", 2e-5);
}

TEST_CASE("backward matches central differences") {
  CHECK(check_gradients<Heads<none>>());
  CHECK(check_gradients<Heads<plain>>());
  CHECK(check_gradients<Heads<plain>>({.samples = 1}));
  CHECK(check_gradients<Heads<affine_bias>>({.samples = 17}));
  constexpr AttentionHeadsOptions scaled{.affine = true, .bias = true, .eps = 1e-2, .scaled = true};
  CHECK(check_gradients<Heads<scaled>>());
}
