#pragma once
// SPDX-License-Identifier: MIT
// The full form of element-wise attention as functions of an index. One GPU thread works on one token and channel of a
// sample, over the keys or, for the gradients of a key, over the queries. Neighbouring indices are neighbouring
// channels, which lie next to each other in memory.

#include <cstddef>
#include <cstdint>

#include "odot/core/config.hpp"
#include "odot/kernels/element_wise_attention/contract.hpp"
#include "odot/kernels/element_wise_attention/gpu/channel_sums.hpp"
#include "odot/kernels/element_wise_attention/limits.hpp"
#include "odot/kernels/lengths.hpp"

namespace odot::kernels::detail {

/// One channel of one sequence. Arrays that a pass does not have are null.
template <class S>
struct Channel {
  const S* qkv;
  const S *output, *dy;
  S *y, *dqkv;
  std::size_t channels, tokens, valid;

  ODOT_HOST_DEVICE S q(std::size_t i) const { return qkv[3 * i * channels]; }
  ODOT_HOST_DEVICE S k(std::size_t i) const { return qkv[(3 * i + 1) * channels]; }
  ODOT_HOST_DEVICE S v(std::size_t i) const { return qkv[(3 * i + 2) * channels]; }
  ODOT_HOST_DEVICE S& dq(std::size_t i) const { return dqkv[3 * i * channels]; }
  ODOT_HOST_DEVICE S& dk(std::size_t i) const { return dqkv[(3 * i + 1) * channels]; }
  ODOT_HOST_DEVICE S& dv(std::size_t i) const { return dqkv[(3 * i + 2) * channels]; }
  /// Number of a token in an array [tokens, channels].
  ODOT_HOST_DEVICE std::size_t at(std::size_t i) const { return i * channels; }
};

/// The arrays of a batch of sequences.
template <class S>
struct ChannelBatch {
  std::size_t tokens, channels;
  const std::int32_t* lengths = nullptr;
  const S* qkv = nullptr;
  const S *output = nullptr, *dy = nullptr;
  S *y = nullptr, *dqkv = nullptr;

  /// Channel c of sample n.
  ODOT_HOST_DEVICE Channel<S> channel(std::size_t n, std::size_t c) const {
    const std::size_t in = n * tokens * 3 * channels + c, out = n * tokens * channels + c;
    return {.qkv = qkv + in,
            .output = output ? output + out : nullptr,
            .dy = dy ? dy + out : nullptr,
            .y = y ? y + out : nullptr,
            .dqkv = dqkv ? dqkv + in : nullptr,
            .channels = channels,
            .tokens = tokens,
            .valid = valid_tokens(lengths, n, tokens)};
  }
};

// ---- full: index (n · tokens + i) · channels + c

/// A sum over tokens: a plain sum over 32 of them at a time, and a compensated sum over these.
template <class S>
class TokenSum {
 public:
  ODOT_HOST_DEVICE void add(S term) { block_ += term; }
  ODOT_HOST_DEVICE void end_block() {
    add_compensated_channel(sum_, lost_, block_);
    block_ = S{0};
  }
  ODOT_HOST_DEVICE S value() const { return sum_; }

 private:
  S sum_{0}, lost_{0}, block_{0};
};

/// Calls body(j) for tokens from … to − 1, and end_block() after every 32.
template <class Body, class EndBlock>
ODOT_HOST_DEVICE void for_token_blocks(std::size_t from, std::size_t to, const Body& body, const EndBlock& end_block) {
  for (std::size_t j = from; j < to; end_block())
    for (const std::size_t end = to - j < element_wise_checkpoint ? to : j + element_wise_checkpoint; j < end; ++j)
      body(j);
}

/// A query and the key nearest to it, k*.
template <class S>
struct ChannelNearest {
  S key, sum, rest;  ///< k*; 2q − k* as the exact sum of two numbers

  ODOT_HOST_DEVICE ChannelNearest(S q, S nearest) : key(nearest), sum((q + q) - nearest) {
    ODOT_KEEP_ORDER
    const S twice = q + q, minus_key = sum - twice;
    rest = (twice - (sum - minus_key)) - (key + minus_key);
  }
  /// (2q − k*) − k
  ODOT_HOST_DEVICE S minus(S k) const {
    ODOT_KEEP_ORDER
    return (sum - k) + rest;
  }
  /// exp((q − k*)² − (q − k)²)
  ODOT_HOST_DEVICE S weight(S k) const { return channel_weight((k - key) * minus(k)); }
};

/// `kept` [N, 2, tokens, channels], may be null: every query's nearest key and its sum of weights.
template <class S, bool Causal>
struct FullForward {
  ChannelBatch<S> batch;
  S* kept;

  ODOT_HOST_DEVICE void operator()(std::size_t index) const {
    const std::size_t i = index / batch.channels % batch.tokens, n = index / (batch.channels * batch.tokens);
    const auto s = batch.channel(n, index % batch.channels);
    if (i >= s.valid) {
      s.y[s.at(i)] = S{0};
      return;
    }
    const std::size_t seen = Causal ? i + 1 : s.valid;
    const S q = s.q(i);
    S below = -no_minimum<S>, above = no_minimum<S>;
    for (std::size_t j = 0; j < seen; ++j) {
      const S k = s.k(j);
      if (k > q && k < above) above = k;
      if (!(k > q) && k > below) below = k;
    }
    const ChannelNearest<S> query(q, ChannelNearest<S>(q, below).minus(above) > S{0} ? above : below);
    TokenSum<S> sum, weighted;
    for_token_blocks(
        0, seen,
        [&](std::size_t j) {
          const S weight = query.weight(s.k(j));
          sum.add(weight);
          weighted.add(weight * s.v(j));
        },
        [&] { sum.end_block(), weighted.end_block(); });
    s.y[s.at(i)] = weighted.value() / sum.value();
    if (!kept) return;
    const std::size_t size = batch.tokens * batch.channels;
    kept[index + n * size] = query.key;
    kept[index + (n + 1) * size] = sum.value();
  }
};

/// All three gradients of token i: its query's over the keys that it sees, its key's and value's over the queries that
/// see it.
template <class S, bool Causal>
struct FullBackward {
  ChannelBatch<S> batch;
  const S* kept;

  ODOT_HOST_DEVICE void operator()(std::size_t index) const {
    const std::size_t i = index / batch.channels % batch.tokens, n = index / (batch.channels * batch.tokens);
    const auto s = batch.channel(n, index % batch.channels);
    if (i >= s.valid) {
      s.dq(i) = s.dk(i) = s.dv(i) = S{0};
      return;
    }
    const std::size_t size = batch.tokens * batch.channels;
    const S* nearest = kept + 2 * n * size + index % batch.channels;  // of the channel
    TokenSum<S> dq, dk, dv;
    for_token_blocks(
        0, Causal ? i + 1 : s.valid,
        [&](std::size_t j) {
          // Σ_j t_ij = 0, so that −Σ_j t_ij (q_i − k_j) = Σ_j t_ij (k_j − k*)
          dq.add(pair(s, nearest, i, j).t * (s.k(j) - nearest[s.at(i)]));
        },
        [&] { dq.end_block(); });
    for_token_blocks(
        Causal ? i : 0, s.valid,
        [&](std::size_t other) {
          const Pair p = pair(s, nearest, other, i);
          dk.add(p.t * (s.q(other) - s.k(i)));
          dv.add(p.share);
        },
        [&] { dk.end_block(), dv.end_block(); });
    s.dq(i) = S{2} * dq.value();
    s.dk(i) = S{2} * dk.value();
    s.dv(i) = dv.value();
  }

 private:
  struct Pair {
    S share, t;  // dy_i p_ij,  dy_i p_ij (v_j − y_i)
  };
  ODOT_HOST_DEVICE Pair pair(const Channel<S>& s, const S* nearest, std::size_t i, std::size_t j) const {
    const S sum = nearest[s.at(i) + batch.tokens * batch.channels];
    // y = Σ_j p v,  p = exp(−(q − k)²) / Σ_j exp(−(q − k)²)
    const S share = s.dy[s.at(i)] / sum * ChannelNearest<S>(s.q(i), nearest[s.at(i)]).weight(s.k(j));
    return {share, share * (s.v(j) - s.output[s.at(i)])};
  }
};

}  // namespace odot::kernels::detail
