#pragma once
// SPDX-License-Identifier: MIT
// The series form of element-wise attention on the CPU, one sequence at a time.
//
// A packet of channels keeps its 2·(order + 1) sums in registers while it goes through a block of tokens; a block's
// rows are in the first-level cache while all packets go through them. Blocks' sums are joined by compensated addition,
// so that precision does not depend on the length. SIMD instructions per token and packet, t = order, E = 14 for an
// exponential, besides loads and stores and what a block costs once:
//   forward   keys E + 3t + 9, queries 2t + 5 and a division
//   backward  queries 7t + 9 and a division, keys E + 4t + 13
//   causal    forward E + 7t + 15 and a division, backward E + 16t + 34 and a division
// Order 6 forward: 58 instructions and a division for the 4 packets that are read and written. The arithmetic is the
// floor, not the memory, and an exponential is less than a third of it.

#include <algorithm>
#include <cstddef>

#include "odot/kernels/element_wise_attention/causal_tokens.hpp"
#include "odot/kernels/element_wise_attention/element_wise_attention.hpp"
#include "odot/kernels/element_wise_attention/queries.hpp"
#include "odot/kernels/element_wise_attention/sequence.hpp"
#include "odot/kernels/element_wise_attention/state.hpp"

namespace odot::kernels::detail {

/// Passes over the channels [begin, end) of one sequence. `state`: rows of finished sums, `scratch`: rows of State.
template <class S, std::size_t Order>
struct Series {
  using Sums = PowerSums<S, Order>;
  using P = simd::Packet<S>;
  static constexpr std::size_t block = element_wise_checkpoint;  // tokens

  /// Numbers of finished sums, and of scratch, of one sequence.
  static constexpr std::size_t sums_size(std::size_t channels) { return FinishedRows<Order>::count * channels; }
  static constexpr std::size_t scratch_size(std::size_t channels) { return StateRows<Order>::count * channels; }

  // ---- every token sees all

  /// Leaves the sums over all keys, with c_n, in `state`.
  static void forward(const Sequence<S>& s, S* state, S* scratch, std::size_t begin, std::size_t end) {
    for_blocks(s.valid, [&](std::size_t from, std::size_t to) {
      for_packets<S>(begin, end, [&]<bool Whole>(std::size_t c, std::size_t width) {
        State<S, Order, Whole> sums(scratch + c, s.channels, width);
        const auto in = s.template inputs<Whole>(c, width);
        prefetch_next(s, from, to, in.k, in.v);
        add_keys(sums, in, from, to);
        if (to == s.valid) sums.copy_finished(Column<S, Whole>(state + c, s.channels, width));
      });
    });
    for_blocks(s.valid, [&](std::size_t from, std::size_t to) {
      for_packets<S>(begin, end, [&]<bool Whole>(std::size_t c, std::size_t width) {
        const Column<const S, Whole> rows(state + c, s.channels, width);
        const WholeSums<S, Order> sums{Sums(rows)};
        const P scale = rows[FinishedRows<Order>::scale];
        const auto q = s.template inputs<Whole>(c, width).q;
        const Column<S, Whole> y(s.y + c, s.channels, width);
        prefetch_next(s, from, to, q, y);
        if (all_direct(q, scale, from, to))
          for (std::size_t i = from; i < to; ++i) y.store(i, Direct::ratio(sums, simd::multiply(q[i], scale)));
        else
          for (std::size_t i = from; i < to; ++i) y.store(i, Any::ratio(sums, simd::multiply(q[i], scale), q[i]));
      });
    });
    s.clear_padding_output(begin, end);
  }

  static void backward(const Sequence<S>& s, const S* state, S* scratch, std::size_t begin, std::size_t end) {
    // Phase 1: the queries' gradients, and the sums P and R over all queries.
    for_blocks(s.valid, [&](std::size_t from, std::size_t to) {
      for_packets<S>(begin, end, [&]<bool Whole>(std::size_t c, std::size_t width) {
        const Column<const S, Whole> rows(state + c, s.channels, width);
        State<S, Order, Whole> queries(scratch + c, s.channels, width);
        if (from == 0) queries.clear();
        add_queries(queries, WholeSums<S, Order>{Sums(rows)}, rows[FinishedRows<Order>::scale], s, c, width, from, to);
      });
    });
    // Phase 2: the gradients of keys and values.
    for_blocks(s.valid, [&](std::size_t from, std::size_t to) {
      for_packets<S>(begin, end, [&]<bool Whole>(std::size_t c, std::size_t width) {
        const Reference<S> reference = finished_reference(Column<const S, Whole>(state + c, s.channels, width));
        const WholeSums<S, Order> queries{Sums(Column<const S, Whole>(scratch + c, s.channels, width))};
        const auto in = s.template inputs<Whole>(c, width);
        const auto grad = s.template gradients<Whole>(c, width);
        prefetch_next(s, from, to, in.k, in.v, grad.k, grad.v);
        const P inverse = simd::reciprocal(reference.scale);
        P weight[block];
        for (std::size_t j = from; j < to; ++j) weight[j - from] = reference.weight(in.k[j]);
        for (std::size_t j = from; j < to; ++j)
          store(key_gradients<Order, S>(queries, weight[j - from], in.k[j], inverse, in.v[j]), grad, j);
      });
    });
    s.clear_padding_gradients(begin, end);
  }

  // ---- token i sees tokens 0 … i

  /// `states`: the sums before block 1, before block 2, …, sums_size numbers apart; may be null.
  static void forward_causal(const Sequence<S>& s, S* states, S* scratch, std::size_t begin, std::size_t end) {
    for_blocks(s.valid, [&](std::size_t from, std::size_t to) {
      for_packets<S>(begin, end, [&]<bool Whole>(std::size_t c, std::size_t width) {
        const State<S, Order, Whole> state(scratch + c, s.channels, width);
        if (from == 0) state.clear();
        Reference<S> reference = state.reference();
        const auto in = s.template inputs<Whole>(c, width);
        const CausalTokens<S, Order> tokens(in, reference, from, to);
        const Column<S, Whole> y(s.y + c, s.channels, width);
        Sums block_sums;
        tokens.for_runs([&](std::size_t first, std::size_t last) {
          if (tokens.changes(first)) state.change(tokens.change(first)), block_sums.change(tokens.change(first));
          const Sums blocks = state.blocks();
          BlockedSums<S, Order> sums{blocks, block_sums};
          if (tokens.direct()) {
            for (std::size_t i = first; i < last; ++i) {
              sums.block.add(tokens.weight[i], tokens.x[i], in.v[from + i]);
              y.store(from + i, Direct::ratio(sums, tokens.u[i]));
            }
          } else {
            for (std::size_t i = first; i < last; ++i) {
              sums.block.add(tokens.weight[i], tokens.x[i], in.v[from + i]);
              y.store(from + i, Any::ratio(sums, tokens.u[i], in.q[from + i]));
            }
          }
          block_sums = sums.block;
        });
        state.join(block_sums);
        state.store_reference(reference);
        if (states && to < s.valid)
          state.copy_finished(Column<S, Whole>(states + from / block * sums_size(s.channels) + c, s.channels, width));
      });
    });
    s.clear_padding_output(begin, end);
  }

  /// Block by block from the last: forward again from the sums before the block, then the running sums from the end.
  static void backward_causal(const Sequence<S>& s, const S* states, S* scratch, std::size_t begin, std::size_t end) {
    for (std::size_t to = s.valid; to > 0;) {
      const std::size_t from = (to - 1) / block * block;
      for_packets<S>(begin, end, [&]<bool Whole>(std::size_t c, std::size_t width) {
        Sums blocks;
        Reference<S> reference;
        if (from > 0) {
          const Column<const S, Whole> rows(states + (from / block - 1) * sums_size(s.channels) + c, s.channels, width);
          blocks = Sums(rows);
          reference = finished_reference(rows);
        }
        const CausalTokens<S, Order> tokens(s.template inputs<Whole>(c, width), reference, from, to);
        P share[block];
        causal_queries<Whole>(s, tokens, blocks, c, width, from, share);
        const State<S, Order, Whole> state(scratch + c, s.channels, width);
        if (to == s.valid) state.clear();
        causal_keys<Whole>(s, tokens, state, c, width, from, share);
      });
      to = from;
    }
    s.clear_padding_gradients(begin, end);
  }

  /// One token: s has one row; `state`: rows of State before it and after, all zero before the first token.
  static void step(const Sequence<S>& s, S* state) {
    for_packets<S>(0, s.channels, [&]<bool Whole>(std::size_t c, std::size_t width) {
      const State<S, Order, Whole> rows(state + c, s.channels, width);
      const auto in = s.template inputs<Whole>(c, width);
      const Column<S, Whole> y(s.y + c, s.channels, width);
      const P k = in.k[0], q = in.q[0], size = simd::abs(k);
      Reference<S> reference = rows.reference();
      if (any(either(reference.misfits(size, size),
                     beyond_bound<S, Order>(simd::multiply(simd::abs(q), reference.scale)))))
        return unusual_step(rows, k, q, in.v[0], y);
      auto sums = rows.stored_sums();
      sums.block.add(reference.weight(k), simd::multiply(k, simd::reciprocal(reference.scale)), in.v[0]);
      y.store(0, Direct::ratio(sums, simd::multiply(q, reference.scale)));
      rows.end_token(sums.block);
    });
  }

 private:
  using Direct = DirectQueries<S, Order>;
  using Any = AnyQueries<S, Order>;

  template <class Body>
  static void for_blocks(std::size_t tokens, const Body& body) {
    for (std::size_t from = 0; from < tokens; from += block) body(from, (std::min)(from + block, tokens));
  }

  /// Rows lie a row of all channels apart, too far for the processor to guess the next ones.
  template <class... Columns>
  static ODOT_INLINE void prefetch_next(const Sequence<S>& s, std::size_t from, std::size_t to,
                                        const Columns&... columns) {
    if (to + block > s.valid) return;
    for (std::size_t i = from; i < to; ++i) (columns.prefetch(i + block), ...);
  }

  template <bool Whole>
  static Reference<S> finished_reference(const Column<const S, Whole>& rows) {
    Reference<S> reference;
    reference.least = rows[FinishedRows<Order>::least];
    reference.scale = rows[FinishedRows<Order>::scale];
    return reference;
  }

  /// Whether every query of a block has powers that are numbers.
  template <class Queries>
  static ODOT_INLINE bool all_direct(const Queries& q, const P& scale, std::size_t from, std::size_t to) {
    P largest = simd::all(S{0});
    for (std::size_t i = from; i < to; ++i) largest = simd::larger(largest, simd::abs(q[i]));
    return !any(beyond_bound<S, Order>(simd::multiply(largest, scale)));
  }

  /// Adds the keys of a block.
  template <bool Whole, class Inputs>
  static ODOT_INLINE void add_keys(State<S, Order, Whole>& state, const Inputs& in, std::size_t from, std::size_t to) {
    if (from == 0) state.clear();
    Reference<S> reference = state.reference();
    P low = simd::all(no_minimum<S>), high = simd::all(S{0});
    for (std::size_t j = from; j < to; ++j) {
      const P size = simd::abs(in.k[j]);
      low = simd::smaller(low, size), high = simd::larger(high, size);
    }
    if (!reference.fits(low, high)) state.change(reference, low, high);
    // The exponentials first: they and the sums would not fit the registers together.
    P weight[block];
    for (std::size_t j = from; j < to; ++j) weight[j - from] = reference.weight(in.k[j]);
    const P inverse = simd::reciprocal(reference.scale);
    Sums sums;
    for (std::size_t j = from; j < to; ++j) sums.add(weight[j - from], simd::multiply(in.k[j], inverse), in.v[j]);
    state.join(sums);
  }

  /// Stores dq of a block; adds its terms of P and R.
  template <bool Whole>
  static ODOT_INLINE void add_queries(State<S, Order, Whole>& queries, const WholeSums<S, Order>& keys, const P& scale,
                                      const Sequence<S>& s, std::size_t c, std::size_t width, std::size_t from,
                                      std::size_t to) {
    const auto q = s.template inputs<Whole>(c, width).q;
    const auto dq = s.template gradients<Whole>(c, width).q;
    const Column<const S, Whole> ys(s.output + c, s.channels, width), dys(s.dy + c, s.channels, width);
    prefetch_next(s, from, to, q, dq, ys, dys);
    P share[block];
    const auto keep = [&](std::size_t i, const QueryGradient<S>& gradient) {
      dq.store(i, gradient.dq);
      share[i - from] = gradient.share;
    };
    if (all_direct(q, scale, from, to)) {
      Sums sums;
      if constexpr (4 * (Order + 1) + 4 <= simd::registers) {  // both sums fit the registers
        for (std::size_t i = from; i < to; ++i) {
          const P u = simd::multiply(q[i], scale), y = ys[i];
          const QueryGradient<S> gradient = Direct::gradient(keys, u, scale, y, dys[i]);
          dq.store(i, gradient.dq);
          sums.add(gradient.share, u, y);
        }
      } else {
        for (std::size_t i = from; i < to; ++i)
          keep(i, Direct::gradient(keys, simd::multiply(q[i], scale), scale, ys[i], dys[i]));
        for (std::size_t i = from; i < to; ++i) sums.add(share[i - from], simd::multiply(q[i], scale), ys[i]);
      }
      queries.join(sums);
    } else {
      for (std::size_t i = from; i < to; ++i)
        keep(i, Any::gradient(keys, simd::multiply(q[i], scale), q[i], scale, ys[i], dys[i]));
      Sums sums;
      for (std::size_t i = from; i < to; ++i) Any::add(sums, share[i - from], simd::multiply(q[i], scale), q[i], ys[i]);
      queries.join(sums);
    }
  }

  /// A step whose key changes the reference, or whose query is large.
  template <bool Whole>
  static void unusual_step(const State<S, Order, Whole>& rows, const P& k, const P& q, const P& v,
                           const Column<S, Whole>& y) {
    const P size = simd::abs(k);
    Reference<S> reference = rows.reference_or_start();
    rows.change(reference, size, size);
    auto sums = rows.stored_sums();
    sums.block.add(reference.weight(k), simd::multiply(k, simd::reciprocal(reference.scale)), v);
    y.store(0, Any::ratio(sums, simd::multiply(q, reference.scale), q));
    rows.end_token(sums.block);
  }

  /// The queries of a block of the causal form: stores dq, and dy/M in `share`. `blocks`: sums over the keys before.
  template <bool Whole>
  static ODOT_INLINE void causal_queries(const Sequence<S>& s, const CausalTokens<S, Order>& tokens, Sums& blocks,
                                         std::size_t c, std::size_t width, std::size_t from, P* share) {
    const auto in = s.template inputs<Whole>(c, width);
    const auto dq = s.template gradients<Whole>(c, width).q;
    const Column<const S, Whole> ys(s.output + c, s.channels, width), dys(s.dy + c, s.channels, width);
    const auto keep = [&](std::size_t i, const QueryGradient<S>& gradient) {
      share[i] = gradient.share;
      dq.store(from + i, gradient.dq);
    };
    Sums block_sums;
    tokens.for_runs([&](std::size_t first, std::size_t last) {
      if (tokens.changes(first)) blocks.change(tokens.change(first)), block_sums.change(tokens.change(first));
      const P scale = tokens.scale(first);
      const Sums before = blocks;
      BlockedSums<S, Order> keys{before, block_sums};
      if (tokens.direct()) {
        for (std::size_t i = first; i < last; ++i) {
          keys.block.add(tokens.weight[i], tokens.x[i], in.v[from + i]);
          keep(i, Direct::gradient(keys, tokens.u[i], scale, ys[from + i], dys[from + i]));
        }
      } else {
        for (std::size_t i = first; i < last; ++i) {
          keys.block.add(tokens.weight[i], tokens.x[i], in.v[from + i]);
          keep(i, Any::gradient(keys, tokens.u[i], in.q[from + i], scale, ys[from + i], dys[from + i]));
        }
      }
      block_sums = keys.block;
    });
  }

  /// The keys and values of a block of the causal form, from the last to the first: stores dk and dv. `state`: P and R
  /// over the queries after the block, relative to the reference at its end; then over those of the block too, relative
  /// to the one before it.
  template <bool Whole>
  static ODOT_INLINE void causal_keys(const Sequence<S>& s, const CausalTokens<S, Order>& tokens,
                                      const State<S, Order, Whole>& state, std::size_t c, std::size_t width,
                                      std::size_t from, const P* share) {
    const auto in = s.template inputs<Whole>(c, width);
    const auto grad = s.template gradients<Whole>(c, width);
    const Column<const S, Whole> ys(s.output + c, s.channels, width);
    Sums block_sums;
    tokens.for_runs_from_the_end([&](std::size_t first, std::size_t last) {
      const P inverse = simd::reciprocal(tokens.scale(first));
      const Sums after = state.blocks();
      BlockedSums<S, Order> queries{after, block_sums};
      const auto key = [&](std::size_t i) {
        store(key_gradients<Order, S>(queries, tokens.weight[i], in.k[from + i], inverse, in.v[from + i]), grad,
              from + i);
      };
      if (tokens.direct()) {
        for (std::size_t i = last; i-- > first;) {
          queries.block.add(share[i], tokens.u[i], ys[from + i]);
          key(i);
        }
      } else {
        for (std::size_t i = last; i-- > first;) {
          Any::add(queries.block, share[i], tokens.u[i], in.q[from + i], ys[from + i]);
          key(i);
        }
      }
      block_sums = queries.block;
      if (tokens.changes(first)) state.change(tokens.change(first)), block_sums.change(tokens.change(first));
    });
    state.join(block_sums);
  }

  template <class Gradients>
  static ODOT_INLINE void store(const KeyGradients<S>& values, const Gradients& grad, std::size_t j) {
    grad.k.store(j, values.dk);
    grad.v.store(j, values.dv);
  }
};

}  // namespace odot::kernels::detail
