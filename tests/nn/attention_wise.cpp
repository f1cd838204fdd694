// SPDX-License-Identifier: MIT
#include "odot/nn/attention_wise.hpp"

#include <doctest/doctest.h>

#include <string>
#include <type_traits>
#include <vector>

#include "odot/cpu.hpp"
#include "support/gradient_report.hpp"
#include "support/layer_reference.hpp"

using namespace odot;
using namespace odot::test;
using nn::AttentionWiseOptions;

namespace {

template <AttentionWiseOptions Options>
using Layer = Bound<nn::AttentionWise<2, Options>, Shape<2, 4, 5>>;
template <AttentionWiseOptions Options>
using Composed = Bound<nn::ComposedAttentionWise<2, Options>, Shape<2, 4, 5>>;

constexpr AttentionWiseOptions papers{}, with_norm{.norm = true}, no_skip{.skip = false},
    no_skip_norm{.norm = true, .skip = false};
constexpr AttentionWiseOptions no_head_norm{.heads = {.norm = false}};
constexpr AttentionWiseOptions scaled{.heads = {.eps = 1e-3, .scaled = true}};
constexpr AttentionWiseOptions everything{.heads = {.affine = true, .bias = true}, .norm = true};

constexpr std::size_t arrays = 2 * (2 * 2 * 4 * 5), conv = 2 * 4 * 9 + 2;

template <class L>
std::vector<std::string> names() {
  std::vector<std::string> result;
  for (const auto& info : LayerRun<L>(1).parameter_table) result.push_back(info.name);
  return result;
}

/// Everything that the fused layer leaves against what the composition leaves.
template <AttentionWiseOptions Options>
void check_against_composition(std::size_t samples) {
  CAPTURE(samples);
  LayerRun<Layer<Options>> fused(samples);
  LayerRun<Composed<Options>> composed(samples);
  fused.draw();
  composed.draw();
  fused.forward();
  composed.forward();
  CHECK(difference(fused.y.span(), composed.y.span(), 1e-12) == "");
  CHECK(difference_within(fused.buffers, composed.buffers, 1e-12) == "");
  fused.backward();
  composed.backward();
  CHECK(difference(fused.dx.span(), composed.dx.span(), 1e-12) == "");
  for (const auto& info : fused.parameter_table)
    CHECK(difference_within(fused.gradient(info.name), composed.gradient(info.name), 1e-11) == "");
  fused.predict();
  composed.predict();
  CHECK(difference(fused.y.span(), composed.y.span(), 1e-12) == "");
}

}  // namespace

static_assert(Layer<papers>::parameter_count == arrays + conv);
static_assert(Layer<with_norm>::parameter_count == arrays + conv + 2 * 2);
static_assert(Layer<everything>::parameter_count == 2 * arrays + 2 * 4 + conv + 2 * 2);
static_assert(Layer<papers>::buffer_count == 2 * 4 && Layer<with_norm>::buffer_count == 2 * 4 + 2 * 2);
static_assert(std::is_same_v<Layer<papers>::output_shape, Shape<2, 4, 5>>);
static_assert(Layer<papers>::couples_samples && !Layer<no_head_norm>::couples_samples);

TEST_CASE("parameters have the documented names") {
  using Names = std::vector<std::string>;
  CHECK(names<Layer<papers>>() == Names{"heads.weight_x", "heads.weight_y", "conv.weight", "conv.bias"});
  CHECK(names<Layer<no_skip>>() == names<Layer<papers>>());
  CHECK(names<Composed<papers>>() == names<Layer<papers>>());
  CHECK(names<Composed<everything>>() == names<Layer<everything>>());
  CHECK(names<Layer<everything>>() == Names{"heads.weight_x", "heads.weight_y", "heads.bias_x", "heads.bias_y",
                                            "heads.weight", "heads.bias", "conv.weight", "conv.bias", "norm.weight",
                                            "norm.bias"});
}

TEST_CASE("forward, running statistics and backward match PyTorch") {
  const Reference reference("attention_wise.txt");
  check_layer<Layer<papers>>(reference, "skip", 1e-10);
  check_layer<Layer<with_norm>>(reference, "skip_norm", 1e-10, {"conv.bias"});
  check_layer<Layer<no_skip>>(reference, "no_skip", 1e-10);
  check_layer<Layer<no_skip_norm>>(reference, "no_skip_norm", 1e-10, {"conv.bias"});
}

TEST_CASE("the composition of plain layers matches PyTorch") {
  const Reference reference("attention_wise.txt");
  check_layer<Composed<papers>>(reference, "skip", 1e-10);
  check_layer<Composed<no_skip_norm>>(reference, "no_skip_norm", 1e-10, {"conv.bias"});
}

TEST_CASE("the fused layer equals the composition of plain layers") {
  for (const std::size_t samples : {1u, 3u, 17u}) check_against_composition<papers>(samples);
  check_against_composition<everything>(17);
  check_against_composition<scaled>(17);
  check_against_composition<no_head_norm>(9);
}

TEST_CASE("the head norm's options reach the fused layer") {
  LayerRun<Layer<scaled>> run(5);
  LayerRun<Layer<AttentionWiseOptions{.heads = {.eps = 1e-3 / 400}}>> same(5);  // H·W = 20
  LayerRun<Layer<papers>> other(5);
  const auto all = [](auto& one) {
    one.draw();
    one.forward();
    one.predict();
    return std::vector<double>(one.y.span().begin(), one.y.span().end());
  };
  CHECK(difference(all(run), all(same), 1e-14) == "");
  CHECK(difference(all(run), all(other), 1e-4) != "");
}

TEST_CASE("backward matches central differences for every option") {
  CHECK(check_gradients<Layer<papers>>({.most_elements = 60}));
  // Where the bias's gradient is zero, both sides are rounding alone, which a larger step makes smaller.
  CHECK(check_gradients<Layer<with_norm>>({.step = 5e-5, .most_elements = 60, .may_be_zero = {"conv.bias"}}));
  CHECK(check_gradients<Layer<no_skip>>({.most_elements = 60}));
  CHECK(check_gradients<Layer<no_head_norm>>({.samples = 1}));
  CHECK(check_gradients<Layer<everything>>(
      {.samples = 9, .step = 5e-5, .most_elements = 60, .may_be_zero = {"conv.bias"}}));
}
