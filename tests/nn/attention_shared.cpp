// SPDX-License-Identifier: MIT
// Attention heads whose arrays are shared by all channels or by neighbouring pixels, alone and in the attention-wise layer.

#include <doctest/doctest.h>

#include <cstddef>
#include <string>
#include <type_traits>
#include <vector>

#include "odot/cpu.hpp"
#include "odot/nn/attention_heads.hpp"
#include "odot/nn/attention_wise.hpp"
#include "support/difference.hpp"
#include "support/gradient_report.hpp"
#include "support/layer_run.hpp"

using namespace odot;
using namespace odot::test;

namespace {

using In = Shape<3, 4, 5>;
constexpr nn::AttentionHeadsOptions shared{.bias = true, .per_channel = false}, own{.bias = true};
using Shared = Bound<nn::AttentionHeads<2, shared>, In>;
using Dilated = Bound<nn::AttentionHeads<2, nn::AttentionHeadsOptions{.bias = true, .dilation = 2}>, In>;
template <nn::AttentionHeadsOptions Options>
using Wise = Bound<nn::AttentionWise<2, nn::AttentionWiseOptions{.heads = Options}>, In>;
constexpr nn::AttentionHeadsOptions least{.bias = true, .per_channel = false, .dilation = 3};

}  // namespace

static_assert(Shared::parameter_count == 4 * 2 * 20);
static_assert(Dilated::parameter_count == 4 * 2 * 3 * 2 * 3);

TEST_CASE("backward matches central differences") {
  CHECK(check_gradients<Shared>());
  CHECK(check_gradients<Dilated>());
  CHECK(check_gradients<Wise<shared>>({.may_be_zero = {"heads.bias_?"}}));
}

namespace {

/// A layer with shared arrays does what one with as many copies of their numbers does.
template <nn::AttentionHeadsOptions Options>
void check_shared() {
  constexpr std::size_t d = Options.dilation, width = (5 + d - 1) / d, height = (4 + d - 1) / d;
  constexpr std::size_t per_head = (Options.per_channel ? 3 : 1) * height * width;
  const auto place = [](std::size_t i) {  // in a shared array, of the number i of all copies
    const std::size_t channel = Options.per_channel ? i / 20 % 3 : 0, row = i % 20 / 5 / d, column = i % 5 / d;
    return i / 60 * per_head + (channel * height + row) * width + column;
  };
  LayerRun<Wise<Options>> one(5);
  LayerRun<Wise<own>> each(5);
  one.draw();
  each.draw();
  const std::vector<std::string> arrays{"heads.weight_x", "heads.weight_y", "heads.bias_x", "heads.bias_y"};
  for (const std::string& name : arrays) {
    CHECK(one.parameter(name).size() == 2 * per_head);
    for (std::size_t i = 0; i < 2 * 3 * 20; ++i) each.parameter(name)[i] = one.parameter(name)[place(i)];
  }
  for (const std::string name : {"conv.weight", "conv.bias"})
    for (std::size_t i = 0; i < one.parameter(name).size(); ++i) each.parameter(name)[i] = one.parameter(name)[i];
  for (std::size_t i = 0; i < one.x.size(); ++i) each.x.data()[i] = one.x.data()[i];
  for (std::size_t i = 0; i < one.dy.size(); ++i) each.dy.data()[i] = one.dy.data()[i];
  one.forward();
  each.forward();
  CHECK(difference(one.y.span(), each.y.span(), 0) == "");
  one.backward();
  each.backward();
  CHECK(difference(one.dx.span(), each.dx.span(), 0) == "");
  for (const std::string& name : arrays) {
    std::vector<double> sums(2 * per_head);
    for (std::size_t i = 0; i < 2 * 3 * 20; ++i) sums[place(i)] += each.gradient(name)[i];
    CHECK(difference_within(one.gradient(name), sums, 1e-13) == "");
  }
  one.predict();
  each.predict();
  CHECK(difference(one.y.span(), each.y.span(), 0) == "");
}

}  // namespace

TEST_CASE(
    "shared arrays are arrays that are the same in every channel and square, their gradients the sums over them") {
  check_shared<shared>();
  check_shared<nn::AttentionHeadsOptions{.bias = true, .dilation = 2}>();
  check_shared<least>();
}

TEST_CASE("the description in words shows shared arrays") {
  nn::LayerParts parts;
  Shared::describe(parts);
  CHECK(parts[0] == "attention_heads(2, plain norm, eps 1e-05, bias, shared over channels)");
  parts.clear();
  Wise<least>::describe(parts);
  CHECK(parts[0].find("shared over channels, dilation 3)") != std::string::npos);
}
