// SPDX-License-Identifier: MIT
#include "odot/nn/description.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "odot/any_device.hpp"

using namespace odot;

namespace {

template <class... Layers>
std::string words() {
  return nn::description<nn::Sequential<Shape<4, 6>, Layers...>>();
}
template <class... Layers>
std::string image_words() {
  return nn::description<nn::Sequential<Shape<2, 8, 8>, Layers...>>();
}

/// Of its own, and without words.
struct Doubled {
  template <ShapeType In>
  struct bind : nn::Layer<In, In> {
    static void forward(auto, auto, auto) {}
    static void backward(auto, auto, auto, auto, auto) {}
  };
};

}  // namespace

TEST_CASE("a model's words are its layers in order, what is repeated once") {
  CHECK(
      nn::description<models::ModelB>() ==
      "[1, 28, 28] -> 2 x (residual(attention_heads(8, plain norm, eps 1e-05), conv2d(1, kernel 3, padding 1)), relu), "
      "flatten, linear(10), log_softmax");
  CHECK(nn::description<models::MinimalTransformer<models::MnistImage, 6, 4>>() ==
        "[1, 28, 28] -> normalize, patch_embedding(64, patch 7), class_token, position_embedding, 6 x "
        "(residual(layer_norm(eps 1e-05), self_attention(full, heads 4)), residual(layer_norm(eps 1e-05), linear(256), "
        "gelu, linear(64))), layer_norm(eps 1e-05), select_token(0), linear(10), log_softmax");
  CHECK(nn::description<models::VowelClassifier<models::SeriesAttention<6, false>>>() ==
        "[29, 12] -> linear(64), position_embedding, 2 x (residual(element_wise_attention(order 6)), layer_norm(eps "
        "1e-05), residual(linear(256), gelu, linear(64)), layer_norm(eps 1e-05)), mean_tokens, linear(9), log_softmax");
}

TEST_CASE("a layer as one kernel has the words of its composition") {
  constexpr nn::AttentionWiseOptions options{.heads = {.affine = true, .bias = true, .scaled = true}, .norm = true};
  CHECK(image_words<nn::AttentionWise<3>>() == image_words<nn::ComposedAttentionWise<3>>());
  CHECK(image_words<nn::AttentionWise<3, options>>() == image_words<nn::ComposedAttentionWise<3, options>>());
  constexpr nn::AttentionWiseOptions bare{.heads = {.norm = false}, .skip = false};
  CHECK(image_words<nn::AttentionWise<3, bare>>() == image_words<nn::ComposedAttentionWise<3, bare>>());
  CHECK(image_words<nn::AttentionWise<3, bare>>() ==
        "[2, 8, 8] -> attention_heads(3, no norm), conv2d(2, kernel 3, padding 1), relu");
}

TEST_CASE("options that change what is computed, but no parameter's shape, are in the words") {
  const std::vector<std::string> all{
      words<nn::SelfAttention<>>(),
      words<nn::SelfAttention<nn::SelfAttentionOptions{.heads = 2}>>(),
      words<nn::SelfAttention<nn::SelfAttentionOptions{.causal = true}>>(),
      words<nn::ElementWiseAttention<>>(),
      words<nn::ElementWiseAttention<nn::ElementWiseAttentionOptions{.order = 2}>>(),
      words<nn::ElementWiseAttention<nn::ElementWiseAttentionOptions{.order = nn::full_order}>>(),
      words<nn::ElementWiseAttention<nn::ElementWiseAttentionOptions{.causal = true}>>(),
      words<nn::LayerNorm<>>(),
      words<nn::LayerNorm<nn::LayerNormOptions{.eps = 1e-6}>>(),
      words<nn::PreNorm<nn::Linear<6>>>(),
      words<nn::PostNorm<nn::Linear<6>>>(),
      words<nn::LastToken>(),
      words<nn::MeanTokens>(),
      words<nn::SelectToken<1>>(),
      words<nn::SelectToken<2>>(),
      words<nn::ReLU>(),
      words<nn::GELU>(),
      words<nn::SinusoidalPosition>(),
      image_words<nn::Conv2d<2, nn::Conv2dOptions{.kernel_size = 3, .padding = 1}>>(),
      image_words<nn::Conv2d<2, nn::Conv2dOptions{.kernel_size = 3, .stride = 2, .padding = 1}>>(),
      image_words<nn::Conv2d<2, nn::Conv2dOptions{.kernel_size = 3}>>(),
      image_words<nn::BatchNorm2d<>>(),
      image_words<nn::BatchNorm2d<nn::BatchNorm2dOptions{.eps = 1e-3}>>(),
      image_words<nn::AttentionWise<2>>(),
      image_words<nn::AttentionWise<2, models::without_skip>>(),
      image_words<nn::AttentionWise<2, models::scaled_norm>>(),
      image_words<nn::AttentionWise<2, nn::AttentionWiseOptions{.heads = {.eps = 1e-9}}>>(),
  };
  for (std::size_t i = 0; i < all.size(); ++i)
    for (std::size_t j = 0; j < i; ++j) {
      CAPTURE(all[j]);
      CHECK(all[i] != all[j]);
    }
}

TEST_CASE("dropout, which predict does not know, and a layer's name are in no words") {
  CHECK(words<nn::Dropout<0.5>, nn::Named<"head", nn::Linear<3>>>() == words<nn::Linear<3>>());
}

TEST_CASE("the words for a training have its options too, in layers of layers") {
  using Model = nn::Sequential<Shape<2, 8, 8>, nn::BatchNorm2d<>, nn::Add<nn::Identity, nn::Dropout2d<0.5>>,
                               nn::Gate<nn::Dropout<0.25>>, nn::Residual<nn::Dropout<0.1>, nn::ReLU>, nn::Flatten,
                               nn::BatchNorm1d<>>;
  CHECK(nn::description<Model>() ==
        "[2, 8, 8] -> batch_norm2d(eps 1e-05), add(identity, identity), gate, residual(relu), flatten, "
        "batch_norm1d(eps 1e-05)");
  CHECK(nn::description<Model>(true) ==
        "[2, 8, 8] -> batch_norm2d(eps 1e-05, momentum 0.1), add(identity, dropout2d(0.5)), gate(dropout(0.25)), "
        "residual(dropout(0.1), relu), flatten, batch_norm1d(eps 1e-05, momentum 0.1)");
}

TEST_CASE("your own layer has its shapes for words") {
  CHECK(words<Doubled, Doubled>() == "[4, 6] -> 2 x layer([4, 6] -> [4, 6])");
}

TEST_CASE("repeated groups are found at any place") {
  using Parts = std::vector<std::string>;
  CHECK(nn::joined_layers({}) == "");
  CHECK(nn::joined_layers(Parts{"a"}) == "a");
  CHECK(nn::joined_layers(Parts{"a", "b", "c", "b", "c", "b", "d", "d"}) == "a, 2 x (b, c), b, 2 x d");
  CHECK(nn::joined_layers(Parts{"a", "a", "b", "a", "a", "b"}) == "2 x a, b, 2 x a, b");
}
