// SPDX-License-Identifier: MIT
#include "odot/models/minimal_transformer.hpp"

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
#include "odot/optim/adam.hpp"
#include "support/gradient_report.hpp"
#include "support/hash_uniform.hpp"
#include "support/layer_reference.hpp"

using namespace odot;
using namespace odot::test;
using namespace odot::models;
using nn::AttentionForm;

namespace {

/// By the paper's equations, N = 64: what a block's attention has beside its norm.
constexpr std::size_t attention_parameters(AttentionForm form) {
  constexpr std::size_t n = 64, triangle = n * (n + 1) / 2;
  switch (form) {
    case AttentionForm::full:
      return 4 * n * n;  // W_Q, W_K, W_V, W_O
    case AttentionForm::wqk:
      return 3 * n * n;  // W_qk, W_V, W_O
    case AttentionForm::wqk_only:
      return n * n;  // W_qk
    case AttentionForm::symmetric:
      return 3 * n * n;  // W_Q, W_V, W_O
    case AttentionForm::symmetric_tt:
      return triangle + 2 * n * n;  // T, W_V, W_O
    case AttentionForm::symmetric_tt_only:
      return triangle;
  }
  return 0;
}
constexpr std::size_t by_the_equations(std::size_t channels, std::size_t patch, std::size_t encoders,
                                       AttentionForm form, bool mlp) {
  constexpr std::size_t n = 64, norm = 2 * n, hidden = 4 * n;
  const std::size_t block = norm + attention_parameters(form) + (mlp ? norm + n * hidden + hidden + hidden * n + n : 0);
  return (patch * patch * channels * n + n) + n + 17 * n + encoders * block + norm + 10 * n + 10;
}

template <std::size_t Encoders, std::size_t Heads, AttentionForm Form, bool Mlp>
constexpr bool counts_follow = MinimalTransformer<MnistImage, Encoders, Heads, Form, Mlp>::parameter_count ==
                                   by_the_equations(1, 7, Encoders, Form, Mlp) &&
                               MinimalTransformer<Cifar10Image, Encoders, Heads, Form, Mlp>::parameter_count ==
                                   by_the_equations(3, 8, Encoders, Form, Mlp);
template <std::size_t Heads, AttentionForm Form>
constexpr bool counts_follow_for_all = counts_follow<6, Heads, Form, true> && counts_follow<6, Heads, Form, false> &&
                                       counts_follow<12, Heads, Form, true> && counts_follow<12, Heads, Form, false>;

template <AttentionForm Form>
constexpr double mnist_share = share_of_full<MnistImage, 12, Form, false>;

}  // namespace

// By the equations, MNIST, 6 encoders; with 4 heads as with 1.
static_assert(MinimalTransformer<MnistImage, 6>::parameter_count == 303'498);
static_assert(MinimalTransformer<MnistImage, 6, 1, nn::AttentionForm::full, false>::parameter_count == 104'202);
static_assert(MinimalTransformer<MnistImage, 6, 1, nn::AttentionForm::symmetric, false>::parameter_count == 79'626);
static_assert(MinimalTransformer<MnistImage, 6, 1, nn::AttentionForm::wqk, false>::parameter_count == 79'626);
static_assert(MinimalTransformer<MnistImage, 6, 1, nn::AttentionForm::symmetric_tt, false>::parameter_count == 67'530);
static_assert(MinimalTransformer<MnistImage, 6, 1, nn::AttentionForm::wqk_only, false>::parameter_count == 30'474);

// The paper's grid.
static_assert(counts_follow_for_all<1, AttentionForm::full> && counts_follow_for_all<4, AttentionForm::full>);
static_assert(counts_follow_for_all<1, AttentionForm::symmetric> && counts_follow_for_all<4, AttentionForm::symmetric>);
static_assert(counts_follow_for_all<1, AttentionForm::wqk> && counts_follow_for_all<1, AttentionForm::wqk_only>);
static_assert(counts_follow_for_all<1, AttentionForm::symmetric_tt>);

// The paper's claims, without MLP: symmetric 25 to 27 % of the full model, the minimum below 10 %.
static_assert(mnist_share<AttentionForm::symmetric> > 0.25 && mnist_share<AttentionForm::symmetric> < 0.27);
static_assert(mnist_share<AttentionForm::wqk_only> < 0.1);
// Its 33 % are what is left without the MLP; W_qk, with W_V and W_O, has as many as the symmetric form.
static_assert(mnist_share<AttentionForm::full> > 0.33 && mnist_share<AttentionForm::full> < 0.35);
static_assert(mnist_share<AttentionForm::wqk> == mnist_share<AttentionForm::symmetric>);

TEST_CASE("parameters are named by part, block and matrix") {
  using Model = MinimalTransformer<MnistImage, 2, 1, AttentionForm::wqk>;
  std::vector<nn::ParameterInfo> table;
  Model::list_parameters(table, "");
  std::vector<std::string> names;
  for (const auto& info : table) names.push_back(info.name);
  std::vector<std::string> expected{"patch.weight", "patch.bias", "token", "position.weight"};
  for (const std::string block : {"encoders.0.", "encoders.1."})
    for (const std::string part : {"attention.norm.weight", "attention.norm.bias", "attention.qk.weight",
                                   "attention.v.weight", "attention.out.weight", "mlp.norm.weight", "mlp.norm.bias",
                                   "mlp.0.weight", "mlp.0.bias", "mlp.2.weight", "mlp.2.bias"})
      expected.push_back(block + part);
  for (const std::string last : {"norm.weight", "norm.bias", "head.weight", "head.bias"}) expected.push_back(last);
  CHECK(names == expected);
}

TEST_CASE("an encoder block matches PyTorch's") {
  using Block = Bound<Encoder<4, nn::SelfAttentionOptions{.heads = 2, .bias = true}>, Shape<3, 4>>;
  check_layer<Block>(Reference("self_attention.txt"), "encoder", 1e-10, {"attention.k.bias"});
}

TEST_CASE("backward of an encoder block matches central differences, with padding too") {
  using Full = Bound<Encoder<4, nn::SelfAttentionOptions{.heads = 2, .causal = true}>, Shape<3, 4>>;
  CHECK(check_gradients<Full>({.most_elements = 30, .lengths = {3, 1, 2}}));
  using Least = Bound<Encoder<3, nn::SelfAttentionOptions{.form = AttentionForm::wqk_only}, false>, Shape<5, 3>>;
  CHECK(check_gradients<Least>({.most_elements = 30}));
  using Triangle = Bound<Encoder<3, nn::SelfAttentionOptions{.form = AttentionForm::symmetric_tt}, false>, Shape<5, 3>>;
  CHECK(check_gradients<Triangle>({.most_elements = 30, .lengths = {4, 5, 1}}));
}

TEST_CASE("a few steps on a handful of images lower the loss") {
  const auto losses = []<class Model>(std::type_identity<Model>) {
    Network<Model> network(Seed{1}, nn::init::xavier(), 1);
    optim::Adam adam{{.learning_rate = 1e-3f}};
    Batch<MnistImage> images(20);
    std::ranges::copy(hash_uniform<float>(images.size(), 0), images.data());
    std::vector<std::int32_t> labels;
    for (std::int32_t i = 0; i < 20; ++i) labels.push_back(i % 10);
    std::vector<double> result;
    for (int step = 0; step < 30; ++step) {
      result.push_back(network.compute_gradients(images, labels).loss / 20);
      network.check_gradients_finite();
      adam.step(network);
    }
    return result;
  };
  const auto full = losses(std::type_identity<MinimalTransformer<MnistImage, 6, 4>>{});
  CHECK(full.front() > 1.5);
  CHECK(full.back() < 0.5 * full.front());
  const auto least = losses(std::type_identity<MinimalTransformer<MnistImage, 6, 1, AttentionForm::wqk_only, false>>{});
  CHECK(least.front() > 1.5);
  CHECK(least.back() < 0.5 * least.front());
}

TEST_CASE("initial weights have the deviations of the rule") {
  const Network<MinimalTransformer<MnistImage, 6>> network{Seed{1}, models::minimal_transformer_init()};
  const auto deviation = [&](const char* name) {
    double squares = 0;
    const auto values = network.parameter(name);
    for (const float w : values) squares += static_cast<double>(w) * static_cast<double>(w);
    return std::sqrt(squares / static_cast<double>(values.size()));
  };
  const auto near = [](double found, double expected) { return std::abs(found / expected - 1) <= 0.1; };
  CHECK(near(deviation("position.weight"), 0.02));
  CHECK(std::abs(deviation("token") / 0.02 - 1) <= 0.3);  // 64 numbers
  CHECK(near(deviation("patch.weight"), 1 / std::sqrt(3.0 * 49)));
  CHECK(near(deviation("encoders.0.attention.q.weight"), 1 / std::sqrt(3.0 * 64)));
  CHECK(near(deviation("encoders.5.mlp.2.weight"), 1 / std::sqrt(3.0 * 256)));
}
