// SPDX-License-Identifier: MIT
#include "odot/nn/element_wise_attention.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

#include "odot/kernels/element_wise_attention/cpu/element_wise_attention.hpp"
#include "odot/kernels/linear/cpu/linear.hpp"
#include "support/gradient_report.hpp"
#include "support/layer_reference.hpp"
#include "support/naive_element_wise_attention.hpp"

using namespace odot;
using namespace odot::test;

namespace {

using Options = nn::ElementWiseAttentionOptions;

template <Options O, std::size_t L, std::size_t D>
using Attention = Bound<nn::ElementWiseAttention<O>, Shape<L, D>>;
template <Options O, std::size_t L, std::size_t D>
using Unprojected = Bound<nn::UnprojectedElementWiseAttention<nn::UnprojectedElementWiseAttentionOptions{
                              .order = O.order, .causal = O.causal}>,
                          Shape<L, 3 * D>>;

constexpr Options full{.order = nn::full_order}, causal_full{.order = nn::full_order, .causal = true};
constexpr Options ea2{.order = 2}, ea6{.order = 6}, causal2{.order = 2, .causal = true}, causal6{.causal = true};

/// Checks the gradients of every form: odd extents, one token, one channel, padding.
template <Options O>
void check_layer_gradients() {
  CAPTURE(O.order);
  CAPTURE(O.causal);
  CHECK(check_gradients<Attention<O, 5, 3>>({.samples = 2}));
  CHECK(check_gradients<Attention<O, 5, 3>>({.samples = 3, .lengths = {2, 5, 1}}));
  CHECK(check_gradients<Attention<O, 7, 1>>({.samples = 2}));
  CHECK(check_gradients<Unprojected<O, 5, 3>>({.samples = 2}));
  CHECK(check_gradients<Unprojected<O, 37, 5>>({.samples = 3, .lengths = {37, 33, 4}}));
  // One token attends to itself alone: y = v, and queries and keys have no gradient.
  const std::vector<std::string> zero{"q.*", "k.*"};
  CHECK(check_gradients<Attention<O, 1, 3>>({.samples = 3, .step = 1e-4, .may_be_zero = zero}));
}

/// The naive layer: the projections one by one, the naive attention, the output projection.
template <Options O, std::size_t L, std::size_t D>
std::vector<double> naive_output(LayerRun<Attention<O, L, D>>& run) {
  const std::size_t n = run.x.samples();
  const auto project = [&](const std::string& name, const double* tokens) {
    std::vector<double> y(n * L * D);
    for (std::size_t t = 0; t < n * L; ++t)
      for (std::size_t o = 0; o < D; ++o) {
        double sum = O.bias ? run.parameter(name + ".bias")[o] : 0;
        for (std::size_t i = 0; i < D; ++i) sum += tokens[t * D + i] * run.parameter(name + ".weight")[o * D + i];
        y[t * D + o] = sum;
      }
    return y;
  };
  std::vector<double> qkv(n * L * 3 * D);
  const std::string parts[] = {"q", "k", "v"};
  for (std::size_t p = 0; p < 3; ++p) {
    const auto part = project(parts[p], run.x.data());
    for (std::size_t t = 0; t < n * L; ++t) std::copy_n(&part[t * D], D, &qkv[(t * 3 + p) * D]);
  }
  const NaiveElementWiseAttention mixed({.order = O.order, .causal = O.causal}, n, L, D, qkv,
                                        std::vector<double>(n * L * D), {run.lengths.begin(), run.lengths.end()});
  return O.output ? project("out", mixed.y.data()) : mixed.y;
}

template <Options O>
void check_against_naive(const std::vector<std::int32_t>& lengths = {}) {
  LayerRun<Attention<O, 6, 5>> run(3);
  run.draw();
  for (double& p : run.parameters) p /= 3;
  run.lengths = lengths;
  const auto expected = naive_output<O, 6, 5>(run);
  run.forward();
  CHECK(difference(run.y.span(), expected, 1e-12) == "");
  run.predict();
  CHECK(difference(run.y.span(), expected, 1e-12) == "");
}

}  // namespace

static_assert(Attention<Options{}, 10, 7>::parameter_count == 4 * (7 * 7 + 7));
static_assert(Attention<Options{.bias = false}, 10, 7>::parameter_count == 4 * 7 * 7);
static_assert(Attention<Options{.output = false}, 10, 7>::parameter_count == 3 * (7 * 7 + 7));
static_assert(Unprojected<Options{}, 10, 7>::parameter_count == 0);
static_assert(std::is_same_v<Unprojected<Options{}, 10, 7>::output_shape, Shape<10, 7>>);
static_assert(!Attention<ea6, 10, 7>::couples_samples);
static_assert(Attention<causal6, 10, 7>::has_step && !Attention<ea6, 10, 7>::has_step &&
              !Attention<causal_full, 10, 7>::has_step);
static_assert(Attention<causal6, 10, 7>::state_elements == 7 * (6 * 7 + 3), "whatever the number of tokens");

TEST_CASE("parameters have the names of the projections") {
  const LayerRun<Attention<Options{}, 2, 3>> run(1);
  std::vector<std::string> names;
  for (const auto& info : run.parameter_table) names.push_back(info.name);
  CHECK(names == std::vector<std::string>{"q.weight", "k.weight", "v.weight", "q.bias", "k.bias", "v.bias",
                                          "out.weight", "out.bias"});
  for (const auto& info : run.parameter_table) CHECK(info.shape.size() == (info.name.ends_with("weight") ? 2 : 1));
}

TEST_CASE("forward matches hand-computed values") {
  // k = 0 everywhere: every weight is the same, and y is the mean of the values, or the mean so far.
  LayerRun<Unprojected<ea2, 3, 1>> run(1);
  run.x = Batch<Shape<3, 3>, double>(1, {5, 0, 1, -2, 0, 2, 0, 0, 6});
  run.forward();
  CHECK(difference(run.y.span(), std::vector<double>{3, 3, 3}, 1e-15) == "");
  LayerRun<Unprojected<causal2, 3, 1>> causal(1);
  causal.x = Batch<Shape<3, 3>, double>(1, {5, 0, 1, -2, 0, 2, 0, 0, 6});
  causal.forward();
  CHECK(difference(causal.y.span(), std::vector<double>{1, 1.5, 3}, 1e-15) == "");
  // q = 1, k = 0 and 1, v = 0 and 1: weights 1 and (1 + 2 + 2)/e; full: 1/e and 1
  LayerRun<Unprojected<ea2, 2, 1>> two(1);
  two.x = Batch<Shape<2, 3>, double>(1, {1, 0, 0, 1, 1, 1});
  two.forward();
  CHECK(two.y[0](0, 0) == doctest::Approx(5 / (5 + std::exp(1.0))));
  LayerRun<Unprojected<full, 2, 1>> exact(1);
  exact.x = Batch<Shape<2, 3>, double>(1, {1, 0, 0, 1, 1, 1});
  exact.forward();
  CHECK(exact.y[0](0, 0) == doctest::Approx(1 / (1 + std::exp(-1.0))));
}

TEST_CASE("forward matches the naive reference") {
  check_against_naive<full>();
  check_against_naive<ea6>();
  check_against_naive<causal6>({6, 3, 1});
  check_against_naive<Options{.order = 2, .bias = false}>({1, 6, 2});
  check_against_naive<Options{.order = 4, .causal = true, .output = false}>();
}

TEST_CASE("forward and backward match PyTorch") {
  const Reference reference("element_wise_attention.txt");
  check_layer<Attention<full, 5, 3>>(reference, "full", 1e-10);
  check_layer<Attention<causal_full, 5, 3>>(reference, "full_causal", 1e-10);
  check_layer<Attention<ea2, 5, 3>>(reference, "series_2", 1e-10);
  check_layer<Attention<ea6, 4, 5>>(reference, "series_6", 1e-10);
  check_layer<Attention<causal6, 5, 3>>(reference, "series_6_causal", 1e-10);
  check_layer<Attention<Options{.order = 2, .causal = true, .bias = false, .output = false}, 5, 3>>(reference, "bare",
                                                                                                    1e-10);
}

TEST_CASE("backward matches central differences: full") { check_layer_gradients<full>(); }
TEST_CASE("backward matches central differences: full, causal") { check_layer_gradients<causal_full>(); }
TEST_CASE("backward matches central differences: order 2") { check_layer_gradients<ea2>(); }
TEST_CASE("backward matches central differences: order 6") { check_layer_gradients<ea6>(); }
TEST_CASE("backward matches central differences: order 2, causal") { check_layer_gradients<causal2>(); }
TEST_CASE("backward matches central differences: order 6, causal") { check_layer_gradients<causal6>(); }

TEST_CASE("backward matches central differences without biases and without output projection") {
  CHECK(check_gradients<Attention<Options{.bias = false}, 4, 3>>());
  CHECK(check_gradients<Attention<Options{.output = false}, 4, 3>>());
  CHECK(check_gradients<Attention<Options{.causal = true, .bias = false, .output = false}, 4, 3>>());
}

TEST_CASE("any number of threads gives the same bits") {
  LayerRun<Attention<causal6, 40, 24>, float> one(9, 1), three(9, 3);
  for (auto* run : {&one, &three}) {
    run->draw();
    for (float& p : run->parameters) p /= 10;
    run->forward();
    run->backward();
  }
  CHECK(std::ranges::equal(one.y.span(), three.y.span()));
  CHECK(std::ranges::equal(one.dx.span(), three.dx.span()));
  CHECK(one.gradients == three.gradients);
}
