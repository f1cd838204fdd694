// SPDX-License-Identifier: MIT
#include "odot/nn/relevance_maps.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "odot/cpu.hpp"
#include "odot/nn/attention_wise.hpp"
#include "odot/nn/class_token.hpp"
#include "odot/nn/flatten.hpp"
#include "odot/nn/linear.hpp"
#include "odot/nn/self_attention.hpp"
#include "support/difference.hpp"
#include "support/hash_uniform.hpp"

using namespace odot;
using namespace odot::test;
using nn::AttentionHeadsOptions;

namespace {

template <class Model>
using Net = Network<Model, Cpu, double>;

/// Weights and buffers that no initialisation makes: biases and scales too, variances above 0.
template <class Model>
Net<Model> drawn() {
  Net<Model> network(Seed{3});
  std::ranges::copy(hash_uniform<double>(network.parameters().size(), 7), network.parameters().begin());
  std::ranges::copy(hash_uniform<double>(network.buffers().size(), 11), network.buffers().begin());
  for (double& value : network.buffers()) value = std::abs(value) / 100;
  return network;
}

template <ShapeType S>
Batch<S, double> samples(std::size_t count) {
  Batch<S, double> x(count);
  std::ranges::copy(hash_uniform<double>(x.size(), 5), x.data());
  return x;
}

/// What a network of heads alone predicts is Â ⊙ x.
template <AttentionHeadsOptions Options>
void check_heads() {
  using In = Shape<3, 5, 4>;
  const auto network = drawn<nn::Sequential<In, nn::AttentionHeads<2, Options>>>();
  const auto x = samples<In>(3);
  const auto y = network.predict(x);
  const auto found = nn::relevance_maps(network, x);
  REQUIRE(found.size() == 1);
  const nn::RelevanceMaps& maps = found[0];
  CHECK((maps.samples == 3 && maps.heads == 2 && maps.channels == 3 && maps.height == 5 && maps.width == 4));
  CHECK(maps.layer == "0");
  CHECK(maps.input == std::vector<double>(x.begin(), x.end()));
  std::vector<double> heads;
  for (std::size_t n = 0; n < 3; ++n)
    for (std::size_t h = 0; h < 2; ++h)
      for (std::size_t c = 0; c < 3; ++c)
        for (std::size_t i = 0; i < 20; ++i)
          heads.push_back(maps.normalised[maps.offset(n, h, c) + i] * x[n].data()[c * 20 + i]);
  CHECK(difference(y.span(), heads, 1e-10) == "");
}

double sum_of(const std::vector<double>& values, std::size_t at, std::size_t count, std::size_t stride = 1) {
  double sum = 0;
  for (std::size_t i = 0; i < count; ++i) sum += values[at + i * stride];
  return sum;
}

}  // namespace

TEST_CASE("maps match hand-computed values") {
  Net<nn::Sequential<Shape<1, 2, 2>, nn::AttentionHeads<1, AttentionHeadsOptions{.norm = false}>>> network(Seed{1});
  std::ranges::copy(std::vector<double>{0, std::log(3.0), 1, 1}, network.parameter("0.weight_x").begin());
  std::ranges::copy(std::vector<double>{0, 0, 0, std::log(4.0) / 2}, network.parameter("0.weight_y").begin());
  const Batch<Shape<1, 2, 2>, double> x(1, {5, 1, 2, 2});
  const auto maps = nn::relevance_maps(network, x).at(0);
  // Rows: scores 0, ln 3 and 2, 2. Columns: scores 0, 0 and 0, ln 4.
  CHECK(difference(maps.softmax_x, std::vector<double>{0.25, 0.75, 0.5, 0.5}, 1e-15) == "");
  CHECK(difference(maps.softmax_y, std::vector<double>{0.5, 0.2, 0.5, 0.8}, 1e-15) == "");
  CHECK(difference(maps.relevance, std::vector<double>{0.125, 0.15, 0.25, 0.4}, 1e-15) == "");
  CHECK(maps.normalised == maps.relevance);
}

TEST_CASE("a head passes on its normalised map times its input, with every option") {
  check_heads<AttentionHeadsOptions{}>();
  check_heads<AttentionHeadsOptions{
      .affine = true, .bias = true, .eps = 1e-3, .scaled = true, .per_channel = false, .dilation = 2}>();
}

TEST_CASE("every layer is found in order, with the input that reaches it, fused or composed") {
  using In = Shape<2, 4, 5>;
  using First = nn::Sequential<In, nn::AttentionWise<2>>;
  using Model = nn::Sequential<In, nn::AttentionWise<2>, nn::Residual<nn::Named<"deep", nn::ComposedAttentionWise<3>>>,
                               nn::Flatten, nn::Linear<2>>;
  const auto network = drawn<Model>();
  const auto x = samples<In>(2);
  const auto found = nn::relevance_maps(network, x);
  REQUIRE(found.size() == 2);
  CHECK(found[0].layer == "0.heads");
  CHECK(found[1].layer == "1.deep.heads");
  CHECK(found[1].heads == 3);
  Net<First> first(Seed{1});
  std::ranges::copy(network.parameters().first(first.parameters().size()), first.parameters().begin());
  std::ranges::copy(network.buffers().first(first.buffers().size()), first.buffers().begin());
  CHECK(difference(first.predict(x).span(), found[1].input, 1e-12) == "");
  for (const nn::RelevanceMaps& maps : found)
    for (std::size_t at = 0; at < maps.relevance.size(); at += 20) {
      CHECK(std::abs(sum_of(maps.softmax_x, at + 5, 5) - 1) <= 1e-12);
      CHECK(std::abs(sum_of(maps.softmax_y, at + 2, 4, 5) - 1) <= 1e-12);
    }
}

TEST_CASE("a model without such layers has no maps") {
  const auto network = drawn<nn::Sequential<Shape<1, 2, 2>, nn::Flatten, nn::Linear<2>>>();
  const auto x = samples<Shape<1, 2, 2>>(1);
  CHECK(nn::relevance_maps(network, x).empty());
  CHECK(nn::token_attention(network, x).empty());
}

TEST_CASE("weights between tokens make a self-attention's output") {
  using In = Shape<4, 3>;
  constexpr nn::SelfAttentionOptions minimum{.form = nn::AttentionForm::wqk_only};
  using Model = nn::Sequential<In, nn::ClassToken, nn::Named<"last", nn::SelfAttention<minimum>>>;
  const auto network = drawn<Model>();
  const auto x = samples<In>(2);
  const std::vector<std::int32_t> lengths{4, 2};
  for (const std::int32_t* valid : {static_cast<const std::int32_t*>(nullptr), lengths.data()}) {
    const auto found = nn::token_attention(network, x, valid);
    const auto y = network.predict(x, valid);
    REQUIRE(found.size() == 1);
    CHECK((found[0].layer == "last" && found[0].tokens == 5 && found[0].samples == 2 && found[0].heads == 1));
    std::vector<double> mixed;  // y_i = Σ_j a_ij x_j, the class token before the others
    for (std::size_t n = 0; n < 2; ++n)
      for (std::size_t i = 0; i < 5; ++i)
        for (std::size_t c = 0; c < 3; ++c) {
          double sum = 0;
          for (std::size_t j = 0; j < 5; ++j)
            sum += found[0].weights[found[0].offset(n, 0, i) + j] *
                   (j == 0 ? network.parameter("0.token")[c] : x[n].data()[(j - 1) * 3 + c]);
          mixed.push_back(sum);
        }
    CHECK(difference(y.span(), mixed, 1e-12) == "");
  }
}

TEST_CASE("heads and masks of a self-attention are seen") {
  using In = Shape<3, 4>;
  constexpr nn::SelfAttentionOptions options{.heads = 2, .causal = true, .bias = true};
  const auto network = drawn<nn::Sequential<In, nn::SelfAttention<options>>>();
  const auto attention = nn::token_attention(network, samples<In>(2)).at(0);
  CHECK((attention.layer == "0" && attention.heads == 2));
  CHECK(attention.weights[attention.offset(1, 0, 2)] != attention.weights[attention.offset(1, 1, 2)]);
  for (std::size_t h = 0; h < 2; ++h)
    for (std::size_t i = 0; i < 3; ++i) {
      const std::size_t row = attention.offset(1, h, i);
      CHECK(std::abs(sum_of(attention.weights, row, i + 1) - 1) <= 1e-14);
      CHECK(sum_of(attention.weights, row + i + 1, 2 - i) == 0);
    }
}
