#pragma once
// SPDX-License-Identifier: MIT
// The causal series as functions of an index. One GPU thread works on one stretch of tokens of one channel of a sample,
// token after token. A stretch begins with the sums over all stretches before it or, in the gradients of keys, after
// it.

#include <cstddef>

#include "odot/core/config.hpp"
#include "odot/kernels/element_wise_attention/contract.hpp"
#include "odot/kernels/element_wise_attention/gpu/channel_passes.hpp"
#include "odot/kernels/element_wise_attention/gpu/channel_sums.hpp"
#include "odot/kernels/element_wise_attention/gpu/series_passes.hpp"

namespace odot::kernels::detail {

/// How many stretches' sums a scan reads at once, before it stores any. Read one after the other, each would wait for
/// memory.
inline constexpr std::size_t read_ahead = 8;

/// before[i] = parts[0] + … + parts[i], the sums over keys before stretch i + 1. One index per SumsRow.
template <class S, std::size_t Order>
struct PrefixSums {
  StoredSums<S, Order> parts, before;

  ODOT_HOST_DEVICE void operator()(std::size_t index) const {
    JoinedRow<S, Order> all{SumsRow<S, Order>(index, parts.channels)};
    for (std::size_t i = 0; i < before.count; i += read_ahead) {
      const std::size_t count = before.count - i < read_ahead ? before.count - i : read_ahead;
      S sums[read_ahead];
      ChannelReference<S> references[read_ahead];
      ODOT_UNROLL
      for (std::size_t j = 0; j < read_ahead; ++j) {
        sums[j] = j < count ? all.row.sum(parts, i + j) : S{0};
        if (j < count) references[j] = all.row.reference(parts, i + j);
      }
      ODOT_UNROLL
      for (std::size_t j = 0; j < read_ahead; ++j) {
        if (j >= count) continue;
        all.add(sums[j], references[j]);
        all.row.sum(before, i + j) = all.value();
      }
    }
  }
};

/// parts[i] += parts[i + 1] + …: sums over queries, each relative to the reference before its stretch, which `keys`
/// has, the sums over keys before stretch i + 1. parts[0], which no key needs, and the parts of stretches that are all
/// padding stay as they are. One index per SumsRow.
template <class S, std::size_t Order>
struct SuffixSums {
  Stretches<S> stretches;
  StoredSums<const S, Order> keys;
  StoredSums<S, Order> parts;

  ODOT_HOST_DEVICE void operator()(std::size_t index) const {
    const SumsRow<S, Order> row(index, parts.channels);
    if (!row.is_sum()) return;
    const std::size_t valid = stretches.batch.channel(row.n, row.c).valid;
    ChannelReference<S> reference{S{0}, S{0}};  // of the stretches after; none of them weighs anything at first
    S sum{0}, lost{0};
    for (std::size_t i = (valid + stretches.length - 1) / stretches.length; i > 1;) {
      const std::size_t count = i - 1 < read_ahead ? i - 1 : read_ahead;
      S sums[read_ahead];
      ChannelReference<S> references[read_ahead];
      ODOT_UNROLL
      for (std::size_t j = 0; j < read_ahead; ++j) {
        sums[j] = j < count ? row.sum(parts, i - 1 - j) : S{0};
        if (j < count) references[j] = row.reference(keys, i - 2 - j);
      }
      ODOT_UNROLL
      for (std::size_t j = 0; j < read_ahead; ++j) {
        if (j >= count) continue;
        const S kept = references[j].to(reference).factor(row.power());
        sum *= kept, lost *= kept;
        add_compensated_channel(sum, lost, sums[j]);
        reference = references[j];
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

/// y. `states` are the sums before tokens 32, 64, …: read at the start of a stretch, stored inside of it. They may be
/// null if a stretch is a whole sequence.
template <class S, std::size_t Order>
struct CausalForward {
  Stretches<S> stretches;
  StoredSums<S, Order> states;

  ODOT_HOST_DEVICE void operator()(std::size_t index) const {
    constexpr std::size_t block = element_wise_checkpoint;
    const auto part = stretches[index];
    const auto& s = part.channel;
    auto sums = sums_before(states, part, part.from);
    part.for_blocks([&](std::size_t from, std::size_t to) {
      if (states.data && from > part.from) states.store(sums, part.n, from / block - 1, part.c);
      for (std::size_t i = from; i < to; ++i) {
        sums.take(s.k(i), s.v(i));
        s.y[s.at(i)] = ChannelQuery<S, Order>(s.q(i), sums.reference.scale).y(sums);
      }
      sums.join();
    });
    part.clear_padding_output();
  }
};

/// Tokens from … to − 1, at most 32, computed again from the sums over the keys before them; dq is stored on the way.
template <class S, std::size_t Order>
struct CausalBlock {
  using Sums = ChannelSums<S, Order>;
  static constexpr std::size_t size = element_wise_checkpoint;

  const Channel<S>& s;
  std::size_t from, to;
  ChannelReference<S> before, references[size];  ///< before the first token, and at every one
  S share[size];

  ODOT_HOST_DEVICE CausalBlock(const Channel<S>& channel, Sums keys, std::size_t first, std::size_t end)
      : s(channel), from(first), to(end), before(keys.reference) {
    for (std::size_t i = from; i < to; ++i) {
      keys.take(s.k(i), s.v(i));
      references[i - from] = keys.reference;
      share[i - from] = query_gradient(s, query(i), keys, i);
    }
  }

  ODOT_HOST_DEVICE ChannelQuery<S, Order> query(std::size_t i) const { return {s.q(i), references[i - from].scale}; }

  /// Goes from the last token to the first, with P and R over the queries after the block, relative to the reference at
  /// its end: visit(j, reference) at token j, where they are relative to that token's. At the end they are relative to
  /// the one before the block.
  template <class Visit>
  ODOT_HOST_DEVICE void backward(Sums& queries, const Visit& visit) const {
    for (std::size_t j = to; j-- > from;) {
      query(j).add_to(queries, share[j - from], s.output[s.at(j)]);
      visit(j, references[j - from]);
      const auto& earlier = j > from ? references[j - 1 - from] : before;
      queries.change(earlier.to(references[j - from]));
    }
    queries.join();
  }
  /// As above; stores dk and dv.
  ODOT_HOST_DEVICE void key_gradients(Sums& queries) const {
    backward(queries, [&](std::size_t j, const ChannelReference<S>& reference) {
      const auto gradients = queries.at_key(reference.weight(s.k(j)), s.k(j), reference.scale, s.v(j));
      s.dk(j) = gradients.dk;
      s.dv(j) = gradients.dv;
    });
  }
};

/// The gradients of whole sequences, block by block, the last block first. A stretch is a sequence.
template <class S, std::size_t Order>
struct CausalBackward {
  using Block = CausalBlock<S, Order>;
  Stretches<S> stretches;
  StoredSums<const S, Order> states;

  ODOT_HOST_DEVICE void operator()(std::size_t index) const {
    const auto part = stretches[index];
    ChannelSums<S, Order> queries;
    for (std::size_t to = part.valid; to > 0;) {
      const std::size_t from = (to - 1) / Block::size * Block::size;
      const Block block(part.channel, sums_before(states, part, from), from, to);
      block.key_gradients(queries);
      to = from;
    }
    part.clear_padding_gradients();
  }
};

/// The sums P and R over the queries of every stretch, relative to the reference before it. A stretch is a block.
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
    block.backward(queries, [](std::size_t, const ChannelReference<S>&) {});
    parts.store(queries, part.n, part.number, part.c);
  }
};

/// The gradients of a stretch, of P and R over the queries of all later ones (`queries`: of every stretch and all later
/// ones). A stretch is a block.
template <class S, std::size_t Order>
struct CausalGradients {
  Stretches<S> stretches;
  StoredSums<const S, Order> states;
  StoredSums<S, Order> queries;

  ODOT_HOST_DEVICE void operator()(std::size_t index) const {
    const auto part = stretches[index];
    if (part.valid > part.from) {
      ChannelSums<S, Order> later;
      const CausalBlock<S, Order> block(part.channel, sums_before(states, part, part.from), part.from, part.valid);
      if (part.valid < part.channel.valid) {
        later = queries.load(part.n, part.number + 1, part.c);
        // The joined sums may have reached another reference than the tokens, which were taken one by one.
        const auto joined = sums_before(states, part, part.valid).reference;
        later.change(block.references[part.valid - 1 - part.from].to(joined));
      }
      block.key_gradients(later);
    }
    part.clear_padding_gradients();
  }
};

/// One token of every sequence. `states` [N, rows, channels] before it and after. A stretch is one token.
template <class S, std::size_t Order>
struct CausalStep {
  Stretches<S> stretches;
  S* states;

  ODOT_HOST_DEVICE void operator()(std::size_t index) const {
    using Sums = ChannelSums<S, Order>;
    const auto part = stretches[index];
    const auto& s = part.channel;
    S* const state = states + part.n * Sums::growing_rows * s.channels + part.c;
    S& tokens = state[(Sums::growing_rows - 1) * s.channels];
    auto sums = Sums::growing(state, s.channels);
    sums.take(s.k(0), s.v(0));
    s.y[0] = ChannelQuery<S, Order>(s.q(0), sums.reference.scale).y(sums);
    tokens += S{1};
    if (!(tokens < static_cast<S>(element_wise_checkpoint))) {
      sums.join();
      tokens = S{0};
    }
    sums.store_growing(state, s.channels);
  }
};

}  // namespace odot::kernels::detail
