#pragma once
// SPDX-License-Identifier: MIT
// A small causal model of texts: which byte comes next. With element-wise attention it runs token by token (Stream).

#include <cstddef>

#include "odot/core/shape.hpp"
#include "odot/nn/element_wise_attention.hpp"
#include "odot/nn/embedding.hpp"
#include "odot/nn/gelu.hpp"
#include "odot/nn/layer_norm.hpp"
#include "odot/nn/linear.hpp"
#include "odot/nn/norm_block.hpp"
#include "odot/nn/recent_tokens.hpp"
#include "odot/nn/self_attention.hpp"
#include "odot/nn/sequential.hpp"

namespace odot::models {

/// Tokens of a text: its bytes.
inline constexpr std::size_t byte_vocabulary = 256;
inline constexpr std::size_t text_features = 64;

// The attentions to compare; they have the same parameters.
using TextSeriesAttention = nn::ElementWiseAttention<nn::ElementWiseAttentionOptions{.order = 6, .causal = true}>;
using TextSelfAttention = nn::SelfAttention<nn::SelfAttentionOptions{.heads = 4, .causal = true, .bias = true}>;

/// Three steps of x + F(LayerNorm(x)): the last four tokens together, attention over all tokens so far, an MLP. The order of
/// neighbouring tokens comes from the first alone: there are no positions, so that a text may be of any length.
/// Shapes  x [N, L, 64] → y [N, L, 64]
template <class Attention>
using TextBlock =
    nn::Sequential<nn::Named<"recent", nn::PreNorm<nn::RecentTokens<4>, nn::Linear<text_features>>>,
                   nn::Named<"attention", nn::PreNorm<nn::Named<"", Attention>>>,
                   nn::Named<"mlp", nn::PreNorm<nn::Linear<4 * text_features>, nn::GELU, nn::Linear<text_features>>>>;

/// Bytes of a text → logits of the byte after each of them.
/// Shapes  x [N, L] indices → y [N, L, 256]
/// Params  embedding.weight; 0.recent, 0.attention, 0.mlp, 1.recent, …; norm, head
template <std::size_t L, class Attention = TextSeriesAttention>
using LanguageModel =
    nn::Sequential<Shape<L>, nn::Named<"embedding", nn::Embedding<byte_vocabulary, text_features>>,
                   nn::Named<"0", TextBlock<Attention>>, nn::Named<"1", TextBlock<Attention>>,
                   nn::Named<"norm", nn::LayerNorm<>>, nn::Named<"head", nn::Linear<byte_vocabulary>>>;

}  // namespace odot::models
