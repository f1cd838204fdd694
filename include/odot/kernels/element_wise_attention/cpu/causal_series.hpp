#pragma once
// SPDX-License-Identifier: MIT
// The causal series form of element-wise attention on the CPU, one sequence at a time: token i sees tokens 0 … i.
// Forward keeps the sums before every block, and backward goes forward again from there.
//
// Instructions per token and packet, counted as in series.hpp: forward E + 7t + 15 and a division, backward E + 16t + 34
// and a division.

#include <cstddef>

#include "odot/kernels/element_wise_attention/cpu/causal_tokens.hpp"
#include "odot/kernels/element_wise_attention/cpu/series_blocks.hpp"

namespace odot::kernels::detail {

/// Passes over the channels [begin, end) of one sequence. `scratch`: rows of State.
template <class S, std::size_t Order>
struct CausalSeries : SeriesBlocks<S, Order> {
  using Blocks = SeriesBlocks<S, Order>;
  using Blocks::block;
  using typename Blocks::P, typename Blocks::Sums, typename Blocks::Direct, typename Blocks::Any;

  /// `states`: the sums before block 1, before block 2, …, sums_size numbers apart; may be null.
  static void forward(const Sequence<S>& s, S* states, S* scratch, std::size_t begin, std::size_t end) {
    Blocks::for_blocks(s.valid, [&](std::size_t from, std::size_t to) {
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
          state.copy_finished(
              Column<S, Whole>(states + from / block * Blocks::sums_size(s.channels) + c, s.channels, width));
      });
    });
    s.clear_padding_output(begin, end);
  }

  /// Block by block, from the last one: forward again from the sums before the block, then backward with running sums
  /// from the end.
  static void backward(const Sequence<S>& s, const S* states, S* scratch, std::size_t begin, std::size_t end) {
    for (std::size_t to = s.valid; to > 0;) {
      const std::size_t from = (to - 1) / block * block;
      for_packets<S>(begin, end, [&]<bool Whole>(std::size_t c, std::size_t width) {
        Sums blocks;
        Reference<S> reference;
        if (from > 0) {
          const Column<const S, Whole> rows(states + (from / block - 1) * Blocks::sums_size(s.channels) + c, s.channels,
                                            width);
          blocks = Sums(rows);
          reference = Blocks::finished_reference(rows);
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

 private:
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

  /// The keys and values of a block of the causal form, from the last to the first: stores dk and dv. `state`: before
  /// the call, P and R over the queries after the block, relative to the reference at its end; after it, over the
  /// block's queries too, relative to the reference before the block.
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
        Blocks::store(key_gradients<Order, S>(queries, tokens.weight[i], in.k[from + i], inverse, in.v[from + i]), grad,
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
};

}  // namespace odot::kernels::detail
