#pragma once
// SPDX-License-Identifier: MIT
// The series form of element-wise attention as functions of an index. One GPU thread works on one stretch of tokens of
// one channel of a sample. What it needs of the other tokens are sums over them: one thread per stretch makes them,
// then they are joined. Neighbouring indices are neighbouring channels, which lie next to each other in memory.

#include <cstddef>
#include <type_traits>

#include "odot/core/config.hpp"
#include "odot/kernels/element_wise_attention/contract.hpp"
#include "odot/kernels/element_wise_attention/gpu/channel_passes.hpp"
#include "odot/kernels/element_wise_attention/gpu/channel_sums.hpp"

namespace odot::kernels::detail {

/// Tokens from … to − 1 of one channel of sample n; those from `valid` on are padding.
template <class S>
struct Stretch {
  Channel<S> channel;
  std::size_t n, c, number, from, valid, to;

  /// Calls body(from, to) for every 32 tokens.
  template <class Body>
  ODOT_HOST_DEVICE void for_blocks(const Body& body) const {
    for (std::size_t first = from; first < valid; first += element_wise_checkpoint)
      body(first, valid - first < element_wise_checkpoint ? valid : first + element_wise_checkpoint);
  }
  /// Zeros where there is padding.
  ODOT_HOST_DEVICE void clear_padding_output() const {
    for (std::size_t i = valid; i < to; ++i) channel.y[channel.at(i)] = S{0};
  }
  ODOT_HOST_DEVICE void clear_padding_gradients() const {
    for (std::size_t i = valid; i < to; ++i) channel.dq(i) = channel.dk(i) = channel.dv(i) = S{0};
  }
};

/// A batch of sequences, each cut into stretches of `length` tokens, the last one shorter. Index (n · count + number) ·
/// channels + c.
template <class S>
struct Stretches {
  ChannelBatch<S> batch;
  std::size_t length;

  ODOT_HOST_DEVICE std::size_t count() const { return (batch.tokens + length - 1) / length; }
  ODOT_HOST_DEVICE Stretch<S> operator[](std::size_t index) const {
    const std::size_t c = index % batch.channels, number = index / batch.channels % count();
    const std::size_t n = index / (batch.channels * count()), from = number * length;
    const std::size_t to = batch.tokens - from < length ? batch.tokens : from + length;
    const auto channel = batch.channel(n, c);
    return {channel, n, c, number, from, channel.valid < from ? from : channel.valid < to ? channel.valid : to, to};
  }
};

/// Sums over keys or queries in memory, [N, count, rows, channels]: a sample has `count` of them.
template <class S, std::size_t Order>
struct StoredSums {
  using Sums = ChannelSums<std::remove_const_t<S>, Order>;
  S* data;
  std::size_t count, channels;

  ODOT_HOST_DEVICE S* at(std::size_t n, std::size_t number, std::size_t c) const {
    return data + (n * count + number) * Sums::rows * channels + c;
  }
  ODOT_HOST_DEVICE Sums load(std::size_t n, std::size_t number, std::size_t c) const {
    return Sums(at(n, number, c), channels);
  }
  ODOT_HOST_DEVICE void store(const Sums& sums, std::size_t n, std::size_t number, std::size_t c) const {
    sums.store(at(n, number, c), channels);
  }
};

/// One row of a channel's sums; one thread joins it over the stretches. Index (n · rows + row) · channels + c.
template <class S, std::size_t Order>
struct SumsRow {
  static constexpr std::size_t rows = ChannelSums<S, Order>::rows, terms = ChannelSums<S, Order>::terms,
                               least_row = 2 * terms, scale_row = least_row + 1;
  std::size_t n, row, c;

  ODOT_HOST_DEVICE SumsRow(std::size_t index, std::size_t channels)
      : n(index / (rows * channels)), row(index / channels % rows), c(index % channels) {}

  ODOT_HOST_DEVICE S& sum(const StoredSums<S, Order>& sums, std::size_t number) const {
    return sums.at(n, number, c)[row * sums.channels];
  }
  template <class T>
  ODOT_HOST_DEVICE ChannelReference<S> reference(const StoredSums<T, Order>& sums, std::size_t number) const {
    const T* rows_of_channel = sums.at(n, number, c);
    return {rows_of_channel[least_row * sums.channels], rows_of_channel[scale_row * sums.channels]};
  }
  ODOT_HOST_DEVICE bool is_sum() const { return row < least_row; }
  /// n of a_n or b_n.
  ODOT_HOST_DEVICE std::size_t power() const { return row % terms; }
};

/// A row of sums over stretches, one after the other.
template <class S, std::size_t Order>
struct JoinedRow {
  SumsRow<S, Order> row;
  ChannelReference<S> reference{};
  S sum{0}, lost{0};

  ODOT_HOST_DEVICE void add(S part, const ChannelReference<S>& of_part) {
    auto next = reference;
    next.take(of_part);
    const S kept = reference.to(next).factor(row.power());
    reference = next;
    sum *= kept, lost *= kept;
    // A part without keys adds 0. A part of only NaN keys has no scale either, but NaN sums.
    add_compensated_channel(sum, lost, of_part.to(next).factor(row.power()) * part);
  }
  /// The row's content.
  ODOT_HOST_DEVICE S value() const {
    return row.is_sum() ? sum : row.row == row.least_row ? reference.least : reference.scale;
  }
};

/// Sums over the keys of every stretch.
template <class S, std::size_t Order>
struct KeySums {
  Stretches<S> stretches;
  StoredSums<S, Order> parts;

  ODOT_HOST_DEVICE void operator()(std::size_t index) const {
    const auto part = stretches[index];
    const auto& s = part.channel;
    ChannelSums<S, Order> sums;
    part.for_blocks([&](std::size_t from, std::size_t to) {
      for (std::size_t j = from; j < to; ++j) sums.take(s.k(j), s.v(j));
      sums.join();
    });
    parts.store(sums, part.n, part.number, part.c);
  }
};

/// The sum of a sample's sums. One index per SumsRow.
template <class S, std::size_t Order>
struct JoinedSums {
  StoredSums<S, Order> parts, joined;

  ODOT_HOST_DEVICE void operator()(std::size_t index) const {
    JoinedRow<S, Order> all{SumsRow<S, Order>(index, parts.channels)};
    for (std::size_t i = 0; i < parts.count; ++i) all.add(all.row.sum(parts, i), all.row.reference(parts, i));
    all.row.sum(joined, 0) = all.value();
  }
};

/// y. `keys`: the sums over all keys.
template <class S, std::size_t Order>
struct SeriesOutput {
  Stretches<S> stretches;
  StoredSums<S, Order> keys;

  ODOT_HOST_DEVICE void operator()(std::size_t index) const {
    const auto part = stretches[index];
    const auto& s = part.channel;
    const auto sums = keys.load(part.n, 0, part.c);
    for (std::size_t i = part.from; i < part.valid; ++i)
      s.y[s.at(i)] = ChannelQuery<S, Order>(s.q(i), sums.reference.scale).y(sums);
    part.clear_padding_output();
  }
};

/// Stores dq of token i; returns dy/M, relative to the keys' reference.
template <class S, std::size_t Order>
ODOT_HOST_DEVICE S query_gradient(const Channel<S>& s, const ChannelQuery<S, Order>& query,
                                  const ChannelSums<S, Order>& keys, std::size_t i) {
  const auto gradient = query.gradient(keys, s.output[s.at(i)], s.dy[s.at(i)]);
  s.dq(i) = gradient.dq;
  return gradient.share;
}

/// dq, and the sums P and R over the queries of every stretch.
template <class S, std::size_t Order>
struct SeriesQueryGradients {
  Stretches<S> stretches;
  StoredSums<const S, Order> keys;
  StoredSums<S, Order> parts;

  ODOT_HOST_DEVICE void operator()(std::size_t index) const {
    const auto part = stretches[index];
    const auto& s = part.channel;
    const auto sums = keys.load(part.n, 0, part.c);
    ChannelSums<S, Order> queries;
    queries.reference = sums.reference;
    part.for_blocks([&](std::size_t from, std::size_t to) {
      for (std::size_t i = from; i < to; ++i) {
        const ChannelQuery<S, Order> query(s.q(i), sums.reference.scale);
        query.add_to(queries, query_gradient(s, query, sums, i), s.output[s.at(i)]);
      }
      queries.join();
    });
    parts.store(queries, part.n, part.number, part.c);
  }
};

/// dk and dv, and the gradients of padding, which are 0. `queries`: P and R over all queries, relative to the keys'
/// reference.
template <class S, std::size_t Order>
struct SeriesKeyGradients {
  Stretches<S> stretches;
  StoredSums<S, Order> queries;

  ODOT_HOST_DEVICE void operator()(std::size_t index) const {
    const auto part = stretches[index];
    const auto& s = part.channel;
    const auto sums = queries.load(part.n, 0, part.c);
    for (std::size_t j = part.from; j < part.valid; ++j) {
      const S key = s.k(j);
      const auto gradients = sums.at_key(sums.reference.weight(key), key, sums.reference.scale, s.v(j));
      s.dk(j) = gradients.dk;
      s.dv(j) = gradients.dv;
    }
    part.clear_padding_gradients();
  }
};

}  // namespace odot::kernels::detail
