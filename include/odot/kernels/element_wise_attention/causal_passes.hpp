#pragma once
// SPDX-License-Identifier: MIT
// The causal series as functions of an index: what a thread of a GPU does for a stretch of tokens of one channel of a
// sample, token after token. A stretch begins with the sums over all stretches before it or, in the gradients of keys,
// after it.

#include <cstddef>

#include "odot/core/config.hpp"
#include "odot/kernels/element_wise_attention/channel_passes.hpp"
#include "odot/kernels/element_wise_attention/channel_sums.hpp"
#include "odot/kernels/element_wise_attention/element_wise_attention.hpp"
#include "odot/kernels/element_wise_attention/series_passes.hpp"

namespace odot::kernels::detail {

/// Stretches whose sums a scan reads at once, before it stores any: one after the other, each would wait for memory.
inline constexpr std::size_t read_ahead = 8;

/// before[i] = parts[0] + … + parts[i], the sums over keys before stretch i + 1. An index a SumsRow.
template <class S, std::size_t Order>
struct PrefixSums {
  StoredSums<S, Order> parts, before;

  ODOT_HOST_DEVICE void operator()(std::size_t index) const {
    const SumsRow<S, Order> row(index, parts.channels);
    S least = no_minimum<S>, sum{0};
    for (std::size_t i = 0; i < before.count; i += read_ahead) {
      const std::size_t count = before.count - i < read_ahead ? before.count - i : read_ahead;
      S sums[read_ahead], leasts[read_ahead];
      ODOT_UNROLL
      for (std::size_t j = 0; j < read_ahead; ++j) {
        sums[j] = j < count ? row.sum(parts, i + j) : S{0};
        leasts[j] = j < count ? row.least(parts, i + j) : no_minimum<S>;
      }
      ODOT_UNROLL
      for (std::size_t j = 0; j < read_ahead; ++j) {
        const S lower = leasts[j] < least ? leasts[j] : least;
        sum = channel_weight(lower - least) * sum + channel_weight(lower - leasts[j]) * sums[j];
        least = lower;
        if (j < count) row.sum(before, i + j) = row.is_least() ? least : sum;
      }
    }
  }
};

/// parts[i] += parts[i + 1] + …, sums over queries, each relative to the minimum at its stretch's first token, which only
/// falls from stretch to stretch. Those of stretches that are all padding stay as they are. An index a SumsRow.
template <class S, std::size_t Order>
struct SuffixSums {
  Stretches<S> stretches;
  StoredSums<S, Order> parts;

  ODOT_HOST_DEVICE void operator()(std::size_t index) const {
    const SumsRow<S, Order> row(index, parts.channels);
    if (row.is_least()) return;
    const std::size_t valid = stretches.batch.channel(row.n, row.c).valid;
    S least = -no_minimum<S>, sum{0};  // of the stretches after; none of them weighs anything at first
    for (std::size_t i = (valid + stretches.length - 1) / stretches.length; i > 0;) {
      const std::size_t count = i < read_ahead ? i : read_ahead;
      S sums[read_ahead], leasts[read_ahead];
      ODOT_UNROLL
      for (std::size_t j = 0; j < read_ahead; ++j) {
        sums[j] = j < count ? row.sum(parts, i - 1 - j) : S{0};
        leasts[j] = j < count ? row.least(parts, i - 1 - j) : S{0};
      }
      ODOT_UNROLL
      for (std::size_t j = 0; j < read_ahead; ++j) {
        if (j >= count) continue;
        sum = sums[j] + channel_weight(least - leasts[j]) * sum;
        least = leasts[j];
        row.sum(parts, i - 1 - j) = sum;
      }
      i -= count;
    }
  }
};

/// The sums over the keys before a token, a multiple of 32, of `states`: those before tokens 32, 64, ….
template <class S, class T, std::size_t Order>
ODOT_HOST_DEVICE ChannelSums<S, Order> sums_before(const StoredSums<T, Order>& states, const Stretch<S>& part,
                                                   std::size_t token) {
  if (token == 0) return {};
  return states.load(part.n, token / element_wise_checkpoint - 1, part.c);
}

/// y. `states` are the sums before tokens 32, 64, …: read at the start of a stretch, stored inside of it. They may be null
/// where a stretch is a whole sequence.
template <class S, std::size_t Order>
struct CausalForward {
  Stretches<S> stretches;
  StoredSums<S, Order> states;

  ODOT_HOST_DEVICE void operator()(std::size_t index) const {
    constexpr std::size_t block = element_wise_checkpoint;
    const auto part = stretches[index];
    const auto& s = part.channel;
    auto sums = sums_before(states, part, part.from);
    for (std::size_t i = part.from; i < part.valid; ++i) {
      if (states.data && i > part.from && i % block == 0) states.store(sums, part.n, i / block - 1, part.c);
      sums.take(sums.lower(s.k(i)), s.k(i), s.v(i));
      const auto at = sums.at_query(sums.bounded(s.q(i)));
      s.y[s.at(i)] = at.numerator / at.denominator;
    }
    part.clear_padding_output();
  }
};

/// Tokens from … to − 1, at most 32, gone through again from the sums over the keys before them; dq is stored on the way.
template <class S, std::size_t Order>
struct CausalBlock {
  using Sums = ChannelSums<S, Order>;
  static constexpr std::size_t size = element_wise_checkpoint;

  const Channel<S>& s;
  std::size_t from, to;
  S first_least, last_least;  ///< minima of k² at the first and the last token
  typename Sums::Factors factors[size];
  S share[size];

  ODOT_HOST_DEVICE CausalBlock(const Channel<S>& channel, Sums keys, std::size_t first, std::size_t end)
      : s(channel), from(first), to(end) {
    for (std::size_t i = from; i < to; ++i) {
      factors[i - from] = keys.lower(s.k(i));
      if (i == from) first_least = keys.least;
      keys.take(factors[i - from], s.k(i), s.v(i));
      share[i - from] = query_gradient(s, keys, i);
    }
    last_least = keys.least;
  }

  /// Goes from the last token to the first, with P and R over the queries after the block: visit(j, P and R of token j).
  /// They are relative to the minimum at their token, as the keys' sums are. `decay` takes them to the last token.
  template <class Visit>
  ODOT_HOST_DEVICE void backward(Sums& queries, S decay, const Visit& visit) const {
    for (std::size_t j = to; j-- > from;) {
      queries.decay_and_add(decay, share[j - from], Sums::bounded(s.q(j)), s.output[s.at(j)]);
      decay = factors[j - from].decay;
      visit(j);
    }
  }
  /// As above; stores dk and dv.
  ODOT_HOST_DEVICE void key_gradients(Sums& queries, S decay) const {
    backward(queries, decay, [&](std::size_t j) {
      const auto gradients = queries.at_key(factors[j - from].weight, s.k(j), s.v(j));
      s.dk(j) = gradients.dk;
      s.dv(j) = gradients.dv;
    });
  }
};

/// The gradients of whole sequences, block by block from the last. Stretches as long as the sequences.
template <class S, std::size_t Order>
struct CausalBackward {
  using Block = CausalBlock<S, Order>;
  Stretches<S> stretches;
  StoredSums<const S, Order> states;

  ODOT_HOST_DEVICE void operator()(std::size_t index) const {
    const auto part = stretches[index];
    ChannelSums<S, Order> queries;
    S decay{0};
    for (std::size_t to = part.valid; to > 0;) {
      const std::size_t from = (to - 1) / Block::size * Block::size;
      const Block block(part.channel, sums_before(states, part, from), from, to);
      block.key_gradients(queries, decay);
      decay = block.factors[0].decay;
      to = from;
    }
    part.clear_padding_gradients();
  }
};

/// The sums P and R over the queries of every stretch, relative to the minimum at its first token. Stretches of a block.
template <class S, std::size_t Order>
struct CausalQuerySums {
  Stretches<S> stretches;
  StoredSums<const S, Order> states;
  StoredSums<S, Order> parts;

  ODOT_HOST_DEVICE void operator()(std::size_t index) const {
    const auto part = stretches[index];
    if (part.valid == part.from) return;
    ChannelSums<S, Order> queries;
    const CausalBlock<S, Order> block(part.channel, sums_before(states, part, part.from), part.from, part.valid);
    block.backward(queries, S{0}, [](std::size_t) {});
    queries.least = block.first_least;
    parts.store(queries, part.n, part.number, part.c);
  }
};

/// The gradients of a stretch, of P and R over the queries of all later ones (`queries`: of every stretch and all later
/// ones). Stretches of a block.
template <class S, std::size_t Order>
struct CausalGradients {
  Stretches<S> stretches;
  StoredSums<const S, Order> states;
  StoredSums<S, Order> queries;

  ODOT_HOST_DEVICE void operator()(std::size_t index) const {
    const auto part = stretches[index];
    if (part.valid > part.from) {
      ChannelSums<S, Order> later;
      S decay{0};
      const CausalBlock<S, Order> block(part.channel, sums_before(states, part, part.from), part.from, part.valid);
      if (part.valid < part.channel.valid) {
        later = queries.load(part.n, part.number + 1, part.c);
        decay = channel_weight(later.least - block.last_least);
      }
      block.key_gradients(later, decay);
    }
    part.clear_padding_gradients();
  }
};

/// One token of every sequence. `states` [N, rows, channels] before it and after. Stretches of one token.
template <class S, std::size_t Order>
struct CausalStep {
  Stretches<S> stretches;
  StoredSums<S, Order> states;

  ODOT_HOST_DEVICE void operator()(std::size_t index) const {
    const auto part = stretches[index];
    const auto& s = part.channel;
    auto sums = states.load(part.n, 0, part.c);
    sums.recognise_start();
    sums.take(sums.lower(s.k(0)), s.k(0), s.v(0));
    const auto at = sums.at_query(sums.bounded(s.q(0)));
    s.y[0] = at.numerator / at.denominator;
    states.store(sums, part.n, 0, part.c);
  }
};

}  // namespace odot::kernels::detail
