// SPDX-License-Identifier: MIT
#include "odot/models/time_series.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

#include "odot/cpu.hpp"
#include "odot/nn/network.hpp"
#include "support/hash_uniform.hpp"

using namespace odot;
using namespace odot::models;
using odot::test::hash_uniform;

namespace {

using Ea2 = SeriesAttention<2, false>;
using Ea6 = SeriesAttention<6, false>;
using Full = SeriesAttention<nn::full_order, false>;
using Self = HeadedAttention<false>;

/// Embedding, positions, two blocks of four projections, MLP and two norms, and a head of `outputs`.
constexpr std::size_t by_hand(std::size_t tokens, std::size_t variables, std::size_t outputs) {
  constexpr std::size_t d = 64;
  constexpr std::size_t block = 4 * (d * d + d) + 2 * d + (d * 4 * d + 4 * d) + (4 * d * d + d) + 2 * d;
  return (variables * d + d) + tokens * d + 2 * block + (d * outputs + outputs);
}

template <class Attention>
constexpr bool counts_follow = VowelClassifier<Attention>::parameter_count == by_hand(29, 12, 9);
static_assert(counts_follow<Ea2> && counts_follow<Ea6> && counts_follow<Full> && counts_follow<Self>);
// 64 tokens' features, 4·64 in the MLP, biases everywhere; whatever the attention.
static_assert(VowelClassifier<SeriesAttention<6, false>>::parameter_count == 103'241);
static_assert(Forecaster<SeriesAttention<6, true>, 6>::parameter_count == 103'594);
static_assert(Forecaster<SeriesAttention<6, true>, 12>::parameter_count == 106'324);
static_assert(Forecaster<HeadedAttention<true>, 12>::parameter_count == by_hand(6, 7, 84));
static_assert(std::is_same_v<VowelClassifier<Ea2>::output_shape, Shape<9>>);
static_assert(std::is_same_v<Forecaster<SeriesAttention<2, true>, 6>::output_shape, Shape<42>>);

template <class S>
Batch<S> batch_of(std::size_t samples) {
  Batch<S> x(samples);
  for (std::size_t i = 0; i < x.span().size(); ++i) x.data()[i] = static_cast<float>(hash_uniform(i));
  return x;
}

}  // namespace

TEST_CASE("parameters have the names of their place") {
  const Network<VowelClassifier<Ea6>> network{Seed{1}};
  std::vector<std::string> names;
  for (const auto& info : network.parameter_table()) names.push_back(info.name);
  for (const char* name : {"embedding.weight", "position.weight", "0.attention.0.q.weight", "0.attention.norm.weight",
                           "1.mlp.0.weight", "1.mlp.2.bias", "1.mlp.norm.bias", "head.bias"}) {
    CAPTURE(name);
    CHECK(std::ranges::count(names, name) == 1);
  }
}

TEST_CASE_TEMPLATE("the classifier gives log-probabilities, which padding does not change", Attention, Ea2, Ea6, Full,
                   Self) {
  const Network<VowelClassifier<Attention>> network{Seed{1}, nn::init::xavier()};
  const std::vector<std::int32_t> lengths{29, 7, 16};
  auto x = batch_of<Shape<29, 12>>(3);
  const auto y = network.predict(x, lengths.data());
  for (std::size_t n = 0; n < 3; ++n) {
    double sum = 0;
    for (std::size_t k = 0; k < 9; ++k) sum += std::exp(static_cast<double>(y[n][k]));
    CHECK(std::abs(sum - 1) <= 1e-5);
    for (std::size_t t = static_cast<std::size_t>(lengths[n]); t < 29; ++t)
      for (std::size_t d = 0; d < 12; ++d) x[n](t, d) = 50;
  }
  const auto padded = network.predict(x, lengths.data());
  for (std::size_t i = 0; i < y.span().size(); ++i) CHECK(padded.data()[i] == y.data()[i]);
  const auto all = network.predict(x);  // without lengths, it matters
  CHECK_FALSE(std::ranges::equal(all.span(), y.span()));
}

TEST_CASE_TEMPLATE("a training step gives finite gradients to every parameter", Model, VowelClassifier<Ea2>,
                   VowelClassifier<Full>, VowelClassifier<Self>) {
  Network<Model> network{Seed{1}, nn::init::xavier()};
  const auto x = batch_of<Shape<29, 12>>(4);
  const std::vector<std::int32_t> labels{0, 3, 8, 3}, lengths{29, 10, 7, 20};
  const nn::LossSums sums = network.compute_gradients(x, labels, lengths.data());
  CHECK(std::isfinite(sums.loss));
  network.check_gradients_finite();
  for (const auto& info : network.parameter_table()) {
    if (info.name.ends_with(".k.bias")) continue;  // dot products: the softmax cancels it
    CAPTURE(info.name);
    CHECK(std::ranges::any_of(network.gradient(info.name), [](float g) { return g != 0; }));
  }
}

TEST_CASE("the forecaster's attention is causal: the first token's output does not see the others") {
  // The same blocks, with the first token selected in place of the last.
  using Causal = SeriesAttention<6, true>;
  const Network<SeriesTransformer<Shape<6, 7>, Causal, 0.0, nn::SelectToken<0>>> network{Seed{1}, nn::init::xavier()};
  auto x = batch_of<Shape<6, 7>>(2);
  const auto y = network.predict(x);
  for (std::size_t n = 0; n < 2; ++n)
    for (std::size_t t = 1; t < 6; ++t)
      for (std::size_t d = 0; d < 7; ++d) x[n](t, d) += 3;
  const auto later = network.predict(x);
  for (std::size_t i = 0; i < y.span().size(); ++i) CHECK(later.data()[i] == y.data()[i]);
}

TEST_CASE("the forecaster sees every step of its window") {
  const Network<Forecaster<HeadedAttention<true>, 6>> network{Seed{1}, nn::init::xavier()};
  auto x = batch_of<Shape<6, 7>>(1);
  const auto y = network.predict(x);
  for (std::size_t t = 0; t < 6; ++t) {
    x[0](t, 0) += 1;
    CHECK_FALSE(std::ranges::equal(network.predict(x).span(), y.span()));
    x[0](t, 0) -= 1;
  }
}
