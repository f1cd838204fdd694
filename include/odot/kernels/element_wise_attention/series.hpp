#pragma once
// SPDX-License-Identifier: MIT
// The series form of element-wise attention on the CPU, one sequence at a time.
//
// A packet of channels keeps its 2·(order + 1) sums in registers while it goes through a block of tokens; a block's
// rows are in the first-level cache while all packets go through them. SIMD instructions per token and packet, t =
// order, E = 16 for an exponential, besides loads and stores:
//   forward   keys E + 3t + 7, queries 2t + 2 and a division
//   backward  queries 7t + 8 and a division, keys E + 4t + 11
//   causal    forward E + 7t + 14 and a division, backward E + 18t + 32 and a division
// Order 6 forward: 55 instructions and a division for the 4 packets that are read and written. The arithmetic is the
// floor, not the memory, and an exponential is less than a third of it.

#include <algorithm>
#include <array>
#include <cstddef>

#include "odot/kernels/element_wise_attention/element_wise_attention.hpp"
#include "odot/kernels/element_wise_attention/power_sums.hpp"
#include "odot/kernels/element_wise_attention/sequence.hpp"

namespace odot::kernels::detail {

/// Passes over the channels [begin, end) of one sequence. `state`: rows of PowerSums, `channels` numbers each.
template <class S, std::size_t Order>
struct Series {
  using Sums = PowerSums<S, Order>;
  using P = simd::Packet<S>;
  static constexpr std::size_t block = element_wise_checkpoint;  // tokens

  /// Numbers of state of one sequence.
  static constexpr std::size_t state_size(std::size_t channels) { return Sums::rows * channels; }

  // ---- every token sees all

  /// Leaves the sums over all keys, with c_n, in `state`.
  static void forward(const Sequence<S>& s, S* state, std::size_t begin, std::size_t end) {
    for_blocks(s.valid, [&](std::size_t from, std::size_t to) {
      for_packets<S>(begin, end, [&]<bool Whole>(std::size_t c, std::size_t width) {
        const Column<S, Whole> rows(state + c, s.channels, width);
        Sums sums = from == 0 ? Sums() : Sums(constant(rows));
        add_keys(sums, s.template inputs<Whole>(c, width), from, to);
        if (to == s.valid) sums.weigh();
        sums.store(rows);
      });
    });
    for_blocks(s.valid, [&](std::size_t from, std::size_t to) {
      for_packets<S>(begin, end, [&]<bool Whole>(std::size_t c, std::size_t width) {
        const Sums sums(Column<const S, Whole>(state + c, s.channels, width));
        const auto in = s.template inputs<Whole>(c, width);
        const Column<S, Whole> y(s.y + c, s.channels, width);
        for (std::size_t i = from; i < to; ++i) y.store(i, sums.ratio(bounded(in.q[i])));
      });
    });
    s.clear_padding_output(begin, end);
  }

  /// `scratch`: room for one state more.
  static void backward(const Sequence<S>& s, const S* state, S* scratch, std::size_t begin, std::size_t end) {
    // Phase 1: the queries' gradients, and the sums P and R over all queries.
    for_blocks(s.valid, [&](std::size_t from, std::size_t to) {
      for_packets<S>(begin, end, [&]<bool Whole>(std::size_t c, std::size_t width) {
        const Sums keys(Column<const S, Whole>(state + c, s.channels, width));
        const Column<S, Whole> rows(scratch + c, s.channels, width);
        Sums queries = from == 0 ? Sums() : Sums(constant(rows));
        const auto in = s.template inputs<Whole>(c, width);
        const auto grad = s.template gradients<Whole>(c, width);
        const Column<const S, Whole> ys(s.output + c, s.channels, width), dys(s.dy + c, s.channels, width);
        P share[block];
        for (std::size_t i = from; i < to; ++i)
          share[i - from] = query_gradient(keys, bounded(in.q[i]), ys[i], dys[i], grad.q, i);
        for (std::size_t i = from; i < to; ++i) queries.add(share[i - from], bounded(in.q[i]), ys[i]);
        if (to == s.valid) queries.weigh();
        queries.least = keys.least;
        queries.store(rows);
      });
    });
    // Phase 2: the gradients of keys and values.
    for_blocks(s.valid, [&](std::size_t from, std::size_t to) {
      for_packets<S>(begin, end, [&]<bool Whole>(std::size_t c, std::size_t width) {
        const Sums queries(Column<const S, Whole>(scratch + c, s.channels, width));
        const auto in = s.template inputs<Whole>(c, width);
        const auto grad = s.template gradients<Whole>(c, width);
        P weight[block];
        for (std::size_t j = from; j < to; ++j)
          weight[j - from] = weight_exp<S>(simd::subtract(queries.least, simd::multiply(in.k[j], in.k[j])));
        for (std::size_t j = from; j < to; ++j)
          store_key_gradients(queries.at_key(weight[j - from], in.k[j], in.v[j]), grad, j);
      });
    });
    s.clear_padding_gradients(begin, end);
  }

  // ---- token i sees tokens 0 … i

  /// `state`: the sums before block 1, before block 2, …, `stride` numbers apart. Stride 0: one state, forgotten after.
  static void forward_causal(const Sequence<S>& s, S* state, std::size_t stride, std::size_t begin, std::size_t end) {
    for_blocks(s.valid, [&](std::size_t from, std::size_t to) {
      for_packets<S>(begin, end, [&]<bool Whole>(std::size_t c, std::size_t width) {
        Sums sums = sums_before<Whole>(s, state, stride, from, c, width);
        const auto in = s.template inputs<Whole>(c, width);
        const Column<S, Whole> y(s.y + c, s.channels, width);
        typename Sums::Factors factors[block];
        for (std::size_t i = from; i < to; ++i) factors[i - from] = sums.lower(in.k[i]);
        for (std::size_t i = from; i < to; ++i) {
          sums.take(factors[i - from], in.k[i], in.v[i]);
          y.store(i, sums.ratio(bounded(in.q[i])));
        }
        if (to < s.valid) sums.store(Column<S, Whole>(state + from / block * stride + c, s.channels, width));
      });
    });
    s.clear_padding_output(begin, end);
  }

  /// Block by block from the last: forward again from the state before the block, then the running sums from the end.
  /// `scratch`: room for one state.
  static void backward_causal(const Sequence<S>& s, const S* state, S* scratch, std::size_t begin, std::size_t end) {
    for (std::size_t to = s.valid; to > 0;) {
      const std::size_t from = (to - 1) / block * block;
      for_packets<S>(begin, end, [&]<bool Whole>(std::size_t c, std::size_t width) {
        Sums keys = sums_before<Whole>(s, state, state_size(s.channels), from, c, width);
        const auto in = s.template inputs<Whole>(c, width);
        const auto grad = s.template gradients<Whole>(c, width);
        const Column<const S, Whole> ys(s.output + c, s.channels, width), dys(s.dy + c, s.channels, width);
        typename Sums::Factors factors[block];
        P share[block];
        for (std::size_t i = from; i < to; ++i) factors[i - from] = keys.lower(in.k[i]);
        for (std::size_t i = from; i < to; ++i) {
          keys.take(factors[i - from], in.k[i], in.v[i]);
          share[i - from] = query_gradient(keys, bounded(in.q[i]), ys[i], dys[i], grad.q, i);
        }
        // P and R are relative to the minimum at their token, as the keys' sums are.
        const Column<S, Whole> rows(scratch + c, s.channels, width);
        Sums queries = to == s.valid ? Sums() : Sums(constant(rows));
        P next_decay = to == s.valid ? simd::all(S{0}) : queries.least;
        for (std::size_t j = to; j-- > from;) {
          queries.decay_and_add(next_decay, share[j - from], bounded(in.q[j]), ys[j]);
          next_decay = factors[j - from].decay;
          store_key_gradients(queries.at_key(factors[j - from].weight, in.k[j], in.v[j]), grad, j);
        }
        queries.least = next_decay;
        queries.store(rows);
      });
      to = from;
    }
    s.clear_padding_gradients(begin, end);
  }

  /// One token: s has one row; `state` [rows, channels] before it and after.
  static void step(const Sequence<S>& s, S* state) {
    for_packets<S>(0, s.channels, [&]<bool Whole>(std::size_t c, std::size_t width) {
      const Column<S, Whole> rows(state + c, s.channels, width);
      Sums sums(constant(rows));
      sums.recognise_start();
      const auto in = s.template inputs<Whole>(c, width);
      sums.take(sums.lower(in.k[0]), in.k[0], in.v[0]);
      Column<S, Whole>(s.y + c, s.channels, width).store(0, sums.ratio(bounded(in.q[0])));
      sums.store(rows);
    });
  }

 private:
  template <class Body>
  static void for_blocks(std::size_t tokens, const Body& body) {
    for (std::size_t from = 0; from < tokens; from += block) body(from, std::min(from + block, tokens));
  }

  template <bool Whole>
  static Column<const S, Whole> constant(const Column<S, Whole>& column) {
    return column;
  }

  template <bool Whole>
  static Sums sums_before(const Sequence<S>& s, const S* state, std::size_t stride, std::size_t token, std::size_t c,
                          std::size_t width) {
    if (token == 0) return Sums();
    return Sums(Column<const S, Whole>(state + (token / block - 1) * stride + c, s.channels, width));
  }

  static ODOT_INLINE P bounded(const P& q) {
    constexpr S bound = query_bound<S>(Order);
    return simd::max(simd::min(q, simd::all(bound)), simd::all(-bound));
  }

  /// Adds the keys of a block, relative to the minimum of k² up to its end.
  template <class Inputs>
  static ODOT_INLINE void add_keys(Sums& sums, const Inputs& in, std::size_t from, std::size_t to) {
    P least = sums.least;
    for (std::size_t j = from; j < to; ++j) least = simd::min(least, simd::multiply(in.k[j], in.k[j]));
    sums.decay(weight_exp<S>(simd::subtract(least, sums.least)));
    sums.least = least;
    // The exponentials first: they and the sums would not fit the registers together.
    P weight[block];
    for (std::size_t j = from; j < to; ++j)
      weight[j - from] = simd::multiply(weight_exp<S>(simd::subtract(least, simd::multiply(in.k[j], in.k[j]))),
                                        simd::all(weight_scale<S>));
    for (std::size_t j = from; j < to; ++j) sums.add(weight[j - from], in.k[j], in.v[j]);
  }

  /// Stores dq of token i; returns dy/M, relative to the minimum of k².
  template <class Gradient>
  static ODOT_INLINE P query_gradient(const Sums& keys, const P& q, const P& y, const P& dy, const Gradient& dq,
                                      std::size_t i) {
    const auto at = keys.at_query(q, y);
    const P share = simd::divide(dy, at.denominator);
    dq.store(i, simd::multiply(share, at.slope));
    return simd::multiply(share, simd::all(weight_scale<S>));
  }

  template <class Gradients>
  static ODOT_INLINE void store_key_gradients(const typename Sums::KeyGradients& values, const Gradients& grad,
                                              std::size_t j) {
    grad.k.store(j, values.dk);
    grad.v.store(j, values.dv);
  }
};

}  // namespace odot::kernels::detail
