#pragma once
// SPDX-License-Identifier: MIT
// The full form of element-wise attention as functions of an index: what a thread of a GPU does for a token and channel of
// a sample, over the keys or, for the gradients of a key, over the queries. Neighbouring indices are neighbouring channels,
// which lie next to each other in memory.

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "odot/core/config.hpp"
#include "odot/kernels/element_wise_attention/limits.hpp"
#include "odot/kernels/lengths/lengths.hpp"

namespace odot::kernels::detail {

/// One channel of one sequence. Of the arrays, those that a pass lacks are null.
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

template <class S, bool Causal>
struct FullForward {
  ChannelBatch<S> batch;
  S* log_sums;  // [N, tokens, channels], may be null

  ODOT_HOST_DEVICE void operator()(std::size_t index) const {
    const std::size_t i = index / batch.channels % batch.tokens;
    const auto s = batch.channel(index / (batch.channels * batch.tokens), index % batch.channels);
    if (i >= s.valid) {
      s.y[s.at(i)] = S{0};
      return;
    }
    const std::size_t seen = Causal ? i + 1 : s.valid;
    const S q = s.q(i);
    S least = no_minimum<S>, sum{0}, weighted{0};
    for (std::size_t j = 0; j < seen; ++j) {
      const S d = q - s.k(j);
      if (d * d < least) least = d * d;
    }
    for (std::size_t j = 0; j < seen; ++j) {
      const S d = q - s.k(j), weight = std::exp(least - d * d);
      sum += weight;
      weighted += weight * s.v(j);
    }
    s.y[s.at(i)] = weighted / sum;
    if (log_sums) log_sums[index] = std::log(sum) - least;
  }
};

/// All three gradients of token i: its query's over the keys that it sees, its key's and value's over the queries that
/// see it.
template <class S, bool Causal>
struct FullBackward {
  ChannelBatch<S> batch;
  const S* log_sums;

  ODOT_HOST_DEVICE void operator()(std::size_t index) const {
    const std::size_t i = index / batch.channels % batch.tokens;
    const auto s = batch.channel(index / (batch.channels * batch.tokens), index % batch.channels);
    if (i >= s.valid) {
      s.dq(i) = s.dk(i) = s.dv(i) = S{0};
      return;
    }
    const S* logs = log_sums + (index - i * batch.channels);  // of the channel
    S dq{0}, dk{0}, dv{0};
    for (std::size_t j = 0; j < (Causal ? i + 1 : s.valid); ++j) dq += pair(s, logs, i, j).t_distance;
    for (std::size_t other = Causal ? i : 0; other < s.valid; ++other) {
      const Pair p = pair(s, logs, other, i);
      dk += p.t_distance;
      dv += p.share;
    }
    s.dq(i) = S{-2} * dq;
    s.dk(i) = S{2} * dk;
    s.dv(i) = dv;
  }

 private:
  struct Pair {
    S share, t_distance;  // dy_i p_ij,  dy_i p_ij (v_j − y_i)(q_i − k_j)
  };
  static ODOT_HOST_DEVICE Pair pair(const Channel<S>& s, const S* logs, std::size_t i, std::size_t j) {
    const S d = s.q(i) - s.k(j);
    // y = Σ_j p v,  p = exp(−(q − k)²) / Σ_j exp(−(q − k)²)
    const S share = s.dy[s.at(i)] * std::exp(-(d * d + logs[s.at(i)]));
    return {share, share * (s.v(j) - s.output[s.at(i)]) * d};
  }
};

}  // namespace odot::kernels::detail
