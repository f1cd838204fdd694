// SPDX-License-Identifier: MIT
// Attention heads whose arrays are shared by all channels, alone and in the attention-wise layer.

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
using SharedWise = Bound<nn::AttentionWise<2, nn::AttentionWiseOptions{.heads = shared}>, In>;
using OwnWise = Bound<nn::AttentionWise<2, nn::AttentionWiseOptions{.heads = own}>, In>;

}  // namespace

static_assert(Shared::parameter_count == 4 * 2 * 20);

TEST_CASE("backward matches central differences") {
  CHECK(check_gradients<Shared>());
  CHECK(check_gradients<SharedWise>({.may_be_zero = {"heads.bias_?"}}));
}

TEST_CASE("shared arrays act like equal arrays in every channel, and their gradients are sums over channels") {
  LayerRun<SharedWise> one(5);
  LayerRun<OwnWise> each(5);
  one.draw();
  each.draw();
  const std::vector<std::string> arrays{"heads.weight_x", "heads.weight_y", "heads.bias_x", "heads.bias_y"};
  for (const std::string& name : arrays)
    for (std::size_t i = 0; i < 2 * 3 * 20; ++i) each.parameter(name)[i] = one.parameter(name)[i / 60 * 20 + i % 20];
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
    std::vector<double> sums(2 * 20);
    for (std::size_t i = 0; i < 2 * 3 * 20; ++i) sums[i / 60 * 20 + i % 20] += each.gradient(name)[i];
    CHECK(difference_within(one.gradient(name), sums, 1e-13) == "");
  }
  one.predict();
  each.predict();
  CHECK(difference(one.y.span(), each.y.span(), 0) == "");
}

TEST_CASE("the description in words shows shared arrays") {
  std::vector<std::string> parts;
  Shared::describe(parts);
  CHECK(parts[0] == "attention_heads(2, plain norm, eps 1e-05, bias, shared over channels)");
}
