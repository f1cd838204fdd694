#pragma once
// SPDX-License-Identifier: MIT
// Transformers for sequences, as in "Element-wise Attention Is All You Need" (Feng, 2025): standard post-norm blocks in
// which the attention alone is exchanged.

#include <cstddef>

#include "odot/core/shape.hpp"
#include "odot/nn/dropout.hpp"
#include "odot/nn/element_wise_attention.hpp"
#include "odot/nn/gelu.hpp"
#include "odot/nn/linear.hpp"
#include "odot/nn/log_softmax.hpp"
#include "odot/nn/norm_block.hpp"
#include "odot/nn/pool_tokens.hpp"
#include "odot/nn/position_embedding.hpp"
#include "odot/nn/self_attention.hpp"
#include "odot/nn/sequential.hpp"

namespace odot::models {

// The attentions to compare: projections with biases in all of them, so that they have the same parameters.
template <std::size_t Order, bool Causal>
using SeriesAttention = nn::ElementWiseAttention<nn::ElementWiseAttentionOptions{.order = Order, .causal = Causal}>;
template <bool Causal>
using HeadedAttention = nn::SelfAttention<nn::SelfAttentionOptions{.heads = 4, .causal = Causal, .bias = true}>;

/// Width of a token.
inline constexpr std::size_t series_features = 64;

/// Post-norm transformer block: LayerNorm(x + attention(x)), then the same with Linear<4·64>, GELU, Linear<64>; dropout
/// before both sums.
/// Shapes  x [N, L, 64] → y [N, L, 64]
template <class Attention, nn::Probability Dropout>
using SeriesBlock = nn::Sequential<nn::Named<"attention", nn::PostNorm<Attention, nn::Dropout<Dropout>>>,
                                   nn::Named<"mlp", nn::PostNorm<nn::Linear<4 * series_features>, nn::GELU,
                                                                 nn::Linear<series_features>, nn::Dropout<Dropout>>>>;

/// Two blocks between the embedding of tokens with learned positions and what is made of the last block's tokens.
template <ShapeType In, class Attention, nn::Probability Dropout, class... Ends>
using SeriesTransformer = nn::Sequential<In,                                                   //
                                         nn::Named<"embedding", nn::Linear<series_features>>,  // [L, 64]
                                         nn::Named<"position", nn::PositionEmbedding>, nn::Dropout<Dropout>,
                                         nn::Named<"0", SeriesBlock<Attention, Dropout>>,
                                         nn::Named<"1", SeriesBlock<Attention, Dropout>>, Ends...>;

/// Sequences of unequal lengths → log-probabilities of nine classes, from the mean of the valid tokens.
/// Shapes  x [N, 29, 12] → y [N, 9]
template <class Attention, nn::Probability Dropout = 0.3>
using VowelClassifier = SeriesTransformer<Shape<29, 12>, Attention, Dropout, nn::MeanTokens,
                                          nn::Named<"head", nn::Linear<9>>, nn::LogSoftmax>;

/// Input steps of a series → the next `Horizon` steps of all variables, from the last token; the attention is causal.
/// Shapes  x [N, Input, Variables] → y [N, Horizon·Variables], row after row
template <class Attention, std::size_t Horizon, std::size_t Input = 6, std::size_t Variables = 7,
          nn::Probability Dropout = 0.0>
using Forecaster = SeriesTransformer<Shape<Input, Variables>, Attention, Dropout, nn::LastToken,
                                     nn::Named<"head", nn::Linear<Horizon * Variables>>>;

}  // namespace odot::models
