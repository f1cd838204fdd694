#pragma once
// SPDX-License-Identifier: MIT
// The models of "Reducing the Transformer Architecture to a Minimum" (Bermeitinger et al., 2024).

#include <cmath>
#include <cstddef>
#include <type_traits>
#include <utility>

#include "odot/models/images.hpp"
#include "odot/nn/class_token.hpp"
#include "odot/nn/gelu.hpp"
#include "odot/nn/init.hpp"
#include "odot/nn/layer_norm.hpp"
#include "odot/nn/linear.hpp"
#include "odot/nn/log_softmax.hpp"
#include "odot/nn/norm_block.hpp"
#include "odot/nn/normalize.hpp"
#include "odot/nn/patch_embedding.hpp"
#include "odot/nn/pool_tokens.hpp"
#include "odot/nn/position_embedding.hpp"
#include "odot/nn/self_attention.hpp"
#include "odot/nn/sequential.hpp"

namespace odot::models {

namespace detail {

template <nn::SelfAttentionOptions Attention>
using AttentionPart = nn::Named<"attention", nn::PreNorm<nn::Named<"", nn::SelfAttention<Attention>>>>;
template <std::size_t Features>
using MlpPart = nn::Named<"mlp", nn::PreNorm<nn::Linear<4 * Features>, nn::GELU, nn::Linear<Features>>>;

}  // namespace detail

/// Encoder block: x + SelfAttention(LayerNorm(x)), then, with an MLP, the same with Linear<4·Features>, GELU, Linear.
/// Shapes  x [N, L, Features] → y [N, L, Features]
/// Params  attention.norm.weight, attention.norm.bias, attention.q.weight, …; mlp.norm.weight, mlp.norm.bias,
///         mlp.0.weight, mlp.0.bias, mlp.2.weight, mlp.2.bias
/// Source  with biases, torch.nn.TransformerEncoderLayer(…, dropout=0, activation="gelu", norm_first=True)
template <std::size_t Features, nn::SelfAttentionOptions Attention = nn::SelfAttentionOptions{}, bool Mlp = true>
using Encoder = std::conditional_t<Mlp, nn::Sequential<detail::AttentionPart<Attention>, detail::MlpPart<Features>>,
                                   nn::Sequential<detail::AttentionPart<Attention>>>;

namespace detail {

// The blocks bind to one type, so a stack of any height costs the compiler about as much as one block.
template <class Block, std::size_t... Index>
auto stack(std::index_sequence<Index...>)
    -> nn::Sequential<std::conditional_t<(Index < sizeof...(Index)), Block, void>...>;
template <std::size_t Count, class Block>
using Stack = decltype(stack<Block>(std::make_index_sequence<Count>{}));

}  // namespace detail

/// Features of a token in the minimal transformers.
inline constexpr std::size_t token_features = 64;

/// 4 × 4 patches, a class token, learned positions, `Encoders` blocks, a norm, and a linear classifier of ten classes on
/// the class token.
/// Shapes  x [N, Image...] → log-probabilities [N, 10]
/// Params  patch, token, position, encoders.0, …, norm, head; buffers normalize.mean, normalize.deviation of the pixels
/// Source  Reducing the Transformer Architecture to a Minimum. The paper leaves width, patches, norm and MLP open; those
///         here are this library's
template <ShapeType Image, std::size_t Encoders, std::size_t Heads = 1,
          nn::AttentionForm Form = nn::AttentionForm::full, bool Mlp = true>
using MinimalTransformer = nn::Sequential<
    Image,                                                                          //
    nn::Named<"normalize", nn::Normalize>,                                          //
    nn::Named<"patch", nn::PatchEmbedding<Image::extents[1] / 4, token_features>>,  // [16, 64]
    nn::Named<"", nn::ClassToken>,                                                  // [17, 64]
    nn::Named<"position", nn::PositionEmbedding>,
    nn::Named<
        "encoders",
        detail::Stack<Encoders, Encoder<token_features, nn::SelfAttentionOptions{.heads = Heads, .form = Form}, Mlp>>>,
    nn::Named<"norm", nn::LayerNorm<>>, nn::SelectToken<0>,  // [64]
    nn::Named<"head", nn::Linear<10>>, nn::LogSoftmax>;

/// Initial weights of the minimal transformers: class token and positions N(0, 0.02²), the rest N(0, 1/(3 fan_in)), the
/// variance of PyTorch's linear layers.
ODOT_FUNCTION nn::init::Rule minimal_transformer_init();

#if ODOT_DEFINITIONS
ODOT_FUNCTION nn::init::Rule minimal_transformer_init() {
  return [](const nn::ParameterInfo& p) {
    if (p.name == "token" || p.name == "position.weight") return 0.02;
    return 1 / std::sqrt(3 * static_cast<double>(p.fan_in()));
  };
}
#endif

/// Parameters of a model in those of another: 0.25 is a quarter.
template <class Model, class Full>
inline constexpr double relative_size =
    static_cast<double>(Model::parameter_count) / static_cast<double>(Full::parameter_count);

/// Parameters of a model of this form in those of the full one: multi-head attention and an MLP.
template <ShapeType Image, std::size_t Encoders, nn::AttentionForm Form, bool Mlp>
inline constexpr double share_of_full =
    relative_size<MinimalTransformer<Image, Encoders, 1, Form, Mlp>, MinimalTransformer<Image, Encoders>>;

}  // namespace odot::models
