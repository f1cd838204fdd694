#pragma once
// SPDX-License-Identifier: MIT
// The series form of element-wise attention on the CPU, one sequence at a time: every token sees all.
//
// A packet of channels keeps its 2·(order + 1) sums in registers while it goes through a block of tokens; a block's
// rows are in the first-level cache while all packets go through them. Blocks' sums are joined by compensated addition,
// so that precision does not depend on the length. SIMD instructions per token and packet, t = order, E = 14 for an
// exponential, besides loads and stores and what a block costs once:
//   forward   keys E + 3t + 9, queries 2t + 5 and a division
//   backward  queries 7t + 9 and a division, keys E + 4t + 13
// Order 6 forward: 58 instructions and a division for the 4 packets that are read and written. The arithmetic is the
// floor, not the memory, and an exponential is less than a third of it.

#include <cstddef>

#include "odot/kernels/element_wise_attention/cpu/series_blocks.hpp"

namespace odot::kernels::detail {

/// Passes over the channels [begin, end) of one sequence. `state`: rows of finished sums, `scratch`: rows of State.
template <class S, std::size_t Order>
struct Series : SeriesBlocks<S, Order> {
  using Blocks = SeriesBlocks<S, Order>;
  using Blocks::block;
  using typename Blocks::P, typename Blocks::Sums, typename Blocks::Direct, typename Blocks::Any;

  /// Leaves the sums over all keys, with c_n, in `state`.
  static void forward(const Sequence<S>& s, S* state, S* scratch, std::size_t begin, std::size_t end) {
    Blocks::for_blocks(s.valid, [&](std::size_t from, std::size_t to) {
      for_packets<S>(begin, end, [&]<bool Whole>(std::size_t c, std::size_t width) {
        State<S, Order, Whole> sums(scratch + c, s.channels, width);
        const auto in = s.template inputs<Whole>(c, width);
        Blocks::prefetch_next(s, from, to, in.k, in.v);
        add_keys(sums, in, from, to);
        if (to == s.valid) sums.copy_finished(Column<S, Whole>(state + c, s.channels, width));
      });
    });
    Blocks::for_blocks(s.valid, [&](std::size_t from, std::size_t to) {
      for_packets<S>(begin, end, [&]<bool Whole>(std::size_t c, std::size_t width) {
        const Column<const S, Whole> rows(state + c, s.channels, width);
        const WholeSums<S, Order> sums{Sums(rows)};
        const P scale = rows[FinishedRows<Order>::scale];
        const auto q = s.template inputs<Whole>(c, width).q;
        const Column<S, Whole> y(s.y + c, s.channels, width);
        Blocks::prefetch_next(s, from, to, q, y);
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
    Blocks::for_blocks(s.valid, [&](std::size_t from, std::size_t to) {
      for_packets<S>(begin, end, [&]<bool Whole>(std::size_t c, std::size_t width) {
        const Column<const S, Whole> rows(state + c, s.channels, width);
        State<S, Order, Whole> queries(scratch + c, s.channels, width);
        if (from == 0) queries.clear();
        add_queries(queries, WholeSums<S, Order>{Sums(rows)}, rows[FinishedRows<Order>::scale], s, c, width, from, to);
      });
    });
    // Phase 2: the gradients of keys and values.
    Blocks::for_blocks(s.valid, [&](std::size_t from, std::size_t to) {
      for_packets<S>(begin, end, [&]<bool Whole>(std::size_t c, std::size_t width) {
        const Reference<S> reference = Blocks::finished_reference(Column<const S, Whole>(state + c, s.channels, width));
        const WholeSums<S, Order> queries{Sums(Column<const S, Whole>(scratch + c, s.channels, width))};
        const auto in = s.template inputs<Whole>(c, width);
        const auto grad = s.template gradients<Whole>(c, width);
        Blocks::prefetch_next(s, from, to, in.k, in.v, grad.k, grad.v);
        const P inverse = simd::reciprocal(reference.scale);
        P weight[block];
        for (std::size_t j = from; j < to; ++j) weight[j - from] = reference.weight(in.k[j]);
        for (std::size_t j = from; j < to; ++j)
          Blocks::store(key_gradients<Order, S>(queries, weight[j - from], in.k[j], inverse, in.v[j]), grad, j);
      });
    });
    s.clear_padding_gradients(begin, end);
  }

 private:
  /// Whether no query of a block has powers that overflow.
  template <class Queries>
  static ODOT_INLINE bool all_direct(const Queries& q, const P& scale, std::size_t from, std::size_t to) {
    P largest = simd::all(S{0});
    for (std::size_t i = from; i < to; ++i) largest = simd::larger(largest, simd::abs(q[i]));
    return !simd::any(beyond_bound<S, Order>(simd::multiply(largest, scale)));
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
    if (!reference.fits(low, high)) {
      if (some_weigh_nothing(reference, low, high)) return add_weighing_keys(state, reference, in, low, from, to);
      state.change(reference, low, high);
    }
    // The exponentials first, since they and the sums would not fit the registers together.
    P weight[block];
    for (std::size_t j = from; j < to; ++j) weight[j - from] = reference.weight(in.k[j]);
    const P inverse = simd::reciprocal(reference.scale);
    Sums sums;
    for (std::size_t j = from; j < to; ++j) sums.add(weight[j - from], simd::multiply(in.k[j], inverse), in.v[j]);
    state.join(sums);
  }

  /// Whether some keys of low ≤ |k| ≤ high may have weight 0 next to the smallest.
  static ODOT_INLINE bool some_weigh_nothing(Reference<S> reference, const P& low, const P& high) {
    reference.least = simd::smaller(reference.least, low);
    return simd::any(reference.weightless(high));
  }

  /// Adds the keys of a block in which some may have weight 0.
  template <bool Whole, class Inputs>
  static void add_weighing_keys(State<S, Order, Whole>& state, Reference<S>& reference, const Inputs& in, const P& low,
                                std::size_t from, std::size_t to) {
    Reference<S> with_smallest = reference;
    with_smallest.change(low, low);
    P high = simd::all(S{0});
    for (std::size_t j = from; j < to; ++j) high = simd::larger(high, with_smallest.weighing(simd::abs(in.k[j])));
    if (!reference.fits(low, high)) state.change(reference, low, high);
    const P inverse = simd::reciprocal(reference.scale);
    Sums sums;
    for (std::size_t j = from; j < to; ++j) {
      const P weight = reference.weight(in.k[j]);
      sums.add(weight, simd::multiply(Reference<S>::base(weight, in.k[j]), inverse), in.v[j]);
    }
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
    Blocks::prefetch_next(s, from, to, q, dq, ys, dys);
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
};

}  // namespace odot::kernels::detail
