// SPDX-License-Identifier: MIT
#include "odot/nn/attention_heads.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <type_traits>
#include <vector>

#include "odot/kernels/attention_heads/cpu.hpp"
#include "support/gradient_report.hpp"
#include "support/layer_reference.hpp"

using namespace odot;
using namespace odot::test;
using nn::HeadNorm;

namespace {

template <HeadNorm Norm, bool Bias>
using Heads = Bound<nn::AttentionHeads<3, Norm, Bias>, Shape<2, 5, 3>>;

constexpr std::size_t arrays = 3 * 2 * 5 * 3, maps = 3 * 2;

}  // namespace

static_assert(Heads<HeadNorm::none, false>::parameter_count == 2 * arrays);
static_assert(Heads<HeadNorm::plain, false>::parameter_count == 2 * arrays);
static_assert(Heads<HeadNorm::affine, true>::parameter_count == 4 * arrays + 2 * maps);
static_assert(Heads<HeadNorm::none, true>::buffer_count == 0 && Heads<HeadNorm::plain, true>::buffer_count == 2 * maps);
static_assert(Heads<HeadNorm::plain, false>::couples_samples && !Heads<HeadNorm::none, false>::couples_samples);
static_assert(std::is_same_v<Heads<HeadNorm::plain, false>::output_shape, Shape<6, 5, 3>>);

TEST_CASE("forward matches hand-computed values") {
  LayerRun<Bound<nn::AttentionHeads<1, HeadNorm::none>, Shape<1, 2, 3>>> run(1);
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
  const LayerRun<Heads<HeadNorm::affine, true>> run(1);
  std::vector<std::string> names;
  for (const auto& info : run.parameter_table) names.push_back(info.name);
  CHECK(names == std::vector<std::string>{"weight_x", "weight_y", "bias_x", "bias_y", "weight", "bias"});
  CHECK(run.parameter_table[0].shape == std::vector<std::size_t>{3, 2, 5, 3});
  CHECK(run.parameter_table[4].shape == std::vector<std::size_t>{6});
  CHECK(run.buffer_table[0].name == "running_mean");
  CHECK(run.buffer_table[1].name == "running_var");
}

TEST_CASE("forward, running statistics and backward match PyTorch") {
  const Reference reference("attention_heads.txt");
  check_layer<Heads<HeadNorm::none, false>>(reference, "none", 1e-10);
  check_layer<Heads<HeadNorm::plain, false>>(reference, "plain", 1e-10);
  check_layer<Heads<HeadNorm::affine, false>>(reference, "affine", 1e-10);
  check_layer<Heads<HeadNorm::none, true>>(reference, "none_bias", 1e-10);
  check_layer<Heads<HeadNorm::plain, true>>(reference, "plain_bias", 1e-10);
  check_layer<Heads<HeadNorm::affine, true>>(reference, "affine_bias", 1e-10);
}

TEST_CASE("a batch of one and a partial tile match PyTorch") {
  const Reference reference("attention_heads.txt");
  check_layer<Heads<HeadNorm::plain, false>>(reference, "plain_batch_of_one", 1e-10);
  check_layer<Heads<HeadNorm::plain, false>>(reference, "plain_17_samples", 1e-10);
  check_layer<Heads<HeadNorm::affine, true>>(reference, "affine_bias_17_samples", 1e-10);
}

TEST_CASE("single precision matches PyTorch") {
  const Reference reference("attention_heads.txt");
  check_layer<Heads<HeadNorm::affine, true>, float>(reference, "affine_bias", 2e-5);
  check_layer<Heads<HeadNorm::affine, true>, float>(reference, "affine_bias_17_samples", 2e-5);
}

TEST_CASE("backward matches central differences") {
  CHECK(check_gradients<Heads<HeadNorm::none, false>>());
  CHECK(check_gradients<Heads<HeadNorm::plain, false>>());
  CHECK(check_gradients<Heads<HeadNorm::plain, false>>({.samples = 1}));
  CHECK(check_gradients<Heads<HeadNorm::affine, true>>({.samples = 17}));
}
