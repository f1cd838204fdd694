#pragma once
// SPDX-License-Identifier: MIT
// Element-wise attention as functions of an index: what a thread of a GPU does. Neighbouring indices are neighbouring
// channels, which lie next to each other in memory.
//     full      a thread a token and channel of a sample, over the keys or, for the gradients of a key, over the queries
//     series    the sums over keys, and over queries, a thread a channel of a sample; the rest a thread a token
//     causal    a thread a channel of a sample, token after token

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "odot/core/config.hpp"
#include "odot/kernels/element_wise_attention/channel_sums.hpp"
#include "odot/kernels/element_wise_attention/element_wise_attention.hpp"
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

  /// Zeros where there is padding.
  ODOT_HOST_DEVICE void clear_padding_output() const {
    for (std::size_t i = valid; i < tokens; ++i) y[at(i)] = S{0};
  }
  ODOT_HOST_DEVICE void clear_padding_gradients() const {
    for (std::size_t i = valid; i < tokens; ++i) dq(i) = dk(i) = dv(i) = S{0};
  }
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

// ---- series: states [N, rows of ChannelSums, channels]

/// The sums over all keys. Index n · channels + c.
template <class S, std::size_t Order>
struct SeriesKeySums {
  using Sums = ChannelSums<S, Order>;
  ChannelBatch<S> batch;
  S* states;

  ODOT_HOST_DEVICE void operator()(std::size_t index) const {
    const std::size_t n = index / batch.channels, c = index % batch.channels;
    const auto s = batch.channel(n, c);
    Sums sums;
    for (std::size_t j = 0; j < s.valid; ++j) {
      const S square = s.k(j) * s.k(j);
      if (square < sums.least) sums.least = square;
    }
    for (std::size_t j = 0; j < s.valid; ++j)
      sums.take({channel_weight(sums.least - s.k(j) * s.k(j)), S{1}}, s.k(j), s.v(j));
    sums.store(states + n * Sums::rows * batch.channels + c, batch.channels);
  }
};

/// y. Index (n · tokens + i) · channels + c.
template <class S, std::size_t Order>
struct SeriesOutput {
  using Sums = ChannelSums<S, Order>;
  ChannelBatch<S> batch;
  const S* states;

  ODOT_HOST_DEVICE void operator()(std::size_t index) const {
    const std::size_t c = index % batch.channels, i = index / batch.channels % batch.tokens;
    const std::size_t n = index / (batch.channels * batch.tokens);
    const auto s = batch.channel(n, c);
    S y{0};
    if (i < s.valid) {
      const auto at =
          Sums(states + n * Sums::rows * batch.channels + c, batch.channels).at_query(Sums::bounded(s.q(i)));
      y = at.numerator / at.denominator;
    }
    s.y[s.at(i)] = y;
  }
};

/// Stores dq of token i; returns dy/M, relative to the minimum of k².
template <class S, std::size_t Order>
ODOT_HOST_DEVICE S query_gradient(const Channel<S>& s, const ChannelSums<S, Order>& keys, std::size_t i) {
  const S q = keys.bounded(s.q(i));
  const S share = s.dy[s.at(i)] / keys.at_query(q).denominator;
  s.dq(i) = share * keys.slope(q, s.output[s.at(i)]);
  return share * weight_scale<S>;
}

/// dq, and the sums P and R over all queries. Index n · channels + c.
template <class S, std::size_t Order>
struct SeriesQueryGradients {
  using Sums = ChannelSums<S, Order>;
  ChannelBatch<S> batch;
  const S* key_states;
  S* query_states;

  ODOT_HOST_DEVICE void operator()(std::size_t index) const {
    const std::size_t n = index / batch.channels, c = index % batch.channels;
    const std::size_t at = n * Sums::rows * batch.channels + c;
    const auto s = batch.channel(n, c);
    const Sums keys(key_states + at, batch.channels);
    Sums queries;
    for (std::size_t i = 0; i < s.valid; ++i)
      queries.decay_and_add(S{1}, query_gradient(s, keys, i), Sums::bounded(s.q(i)), s.output[s.at(i)]);
    queries.least = keys.least;
    queries.store(query_states + at, batch.channels);
  }
};

/// dk and dv, and all that padding gets. Index (n · tokens + j) · channels + c.
template <class S, std::size_t Order>
struct SeriesKeyGradients {
  using Sums = ChannelSums<S, Order>;
  ChannelBatch<S> batch;
  const S* query_states;

  ODOT_HOST_DEVICE void operator()(std::size_t index) const {
    const std::size_t c = index % batch.channels, j = index / batch.channels % batch.tokens;
    const std::size_t n = index / (batch.channels * batch.tokens);
    const auto s = batch.channel(n, c);
    if (j >= s.valid) {
      s.dq(j) = s.dk(j) = s.dv(j) = S{0};
      return;
    }
    const Sums queries(query_states + n * Sums::rows * batch.channels + c, batch.channels);
    const S key = s.k(j);
    const auto gradients = queries.at_key(channel_weight(queries.least - key * key), key, s.v(j));
    s.dk(j) = gradients.dk;
    s.dv(j) = gradients.dv;
  }
};

// ---- causal series: index n · channels + c

/// `states` [N, checkpoints, rows, channels]: the sums before tokens 32, 64, …; null in evaluation.
template <class S, std::size_t Order>
struct CausalForward {
  using Sums = ChannelSums<S, Order>;
  ChannelBatch<S> batch;
  S* states;
  std::size_t kept;  // numbers a sample

  ODOT_HOST_DEVICE void operator()(std::size_t index) const {
    const std::size_t n = index / batch.channels, c = index % batch.channels;
    const auto s = batch.channel(n, c);
    S* state = states ? states + n * kept + c : nullptr;
    Sums sums;
    for (std::size_t i = 0; i < s.valid; ++i) {
      if (state && i > 0 && i % element_wise_checkpoint == 0)
        sums.store(state + (i / element_wise_checkpoint - 1) * Sums::rows * batch.channels, batch.channels);
      sums.take(sums.lower(s.k(i)), s.k(i), s.v(i));
      const auto at = sums.at_query(Sums::bounded(s.q(i)));
      s.y[s.at(i)] = at.numerator / at.denominator;
    }
    s.clear_padding_output();
  }
};

/// Block by block from the last: forward again from the state before the block, then the running sums from the end.
template <class S, std::size_t Order>
struct CausalBackward {
  using Sums = ChannelSums<S, Order>;
  static constexpr std::size_t block = element_wise_checkpoint;
  ChannelBatch<S> batch;
  const S* states;
  std::size_t kept;

  ODOT_HOST_DEVICE void operator()(std::size_t index) const {
    const std::size_t n = index / batch.channels, c = index % batch.channels;
    const auto s = batch.channel(n, c);
    Sums queries;
    S next_decay{0};
    for (std::size_t to = s.valid; to > 0;) {
      const std::size_t from = (to - 1) / block * block;
      typename Sums::Factors factors[block];
      S share[block];
      Sums keys = sums_before(n, c, from);
      for (std::size_t i = from; i < to; ++i) {
        factors[i - from] = keys.lower(s.k(i));
        keys.take(factors[i - from], s.k(i), s.v(i));
        share[i - from] = query_gradient(s, keys, i);
      }
      // P and R are relative to the minimum at their token, as the keys' sums are.
      for (std::size_t j = to; j-- > from;) {
        queries.decay_and_add(next_decay, share[j - from], Sums::bounded(s.q(j)), s.output[s.at(j)]);
        next_decay = factors[j - from].decay;
        const auto gradients = queries.at_key(factors[j - from].weight, s.k(j), s.v(j));
        s.dk(j) = gradients.dk;
        s.dv(j) = gradients.dv;
      }
      to = from;
    }
    s.clear_padding_gradients();
  }

 private:
  ODOT_HOST_DEVICE Sums sums_before(std::size_t n, std::size_t c, std::size_t token) const {
    if (token == 0) return Sums();
    return Sums(states + n * kept + (token / block - 1) * Sums::rows * batch.channels + c, batch.channels);
  }
};

/// One token of every sequence. `states` [N, rows, channels] before it and after.
template <class S, std::size_t Order>
struct CausalStep {
  using Sums = ChannelSums<S, Order>;
  ChannelBatch<S> batch;
  S* states;

  ODOT_HOST_DEVICE void operator()(std::size_t index) const {
    const std::size_t n = index / batch.channels, c = index % batch.channels;
    const auto s = batch.channel(n, c);
    S* state = states + n * Sums::rows * batch.channels + c;
    Sums sums(state, batch.channels);
    sums.recognise_start();
    sums.take(sums.lower(s.k(0)), s.k(0), s.v(0));
    const auto at = sums.at_query(Sums::bounded(s.q(0)));
    s.y[0] = at.numerator / at.denominator;
    sums.store(state, batch.channels);
  }
};

}  // namespace odot::kernels::detail
