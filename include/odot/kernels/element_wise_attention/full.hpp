#pragma once
// SPDX-License-Identifier: MIT
// The full form of element-wise attention on the CPU: one packet of channels of one sequence at a time.
//
// Keys and values of the packet are copied next to each other, so that every pair of tokens finds them in the cache;
// four queries at a time stay in registers. Instructions per pair and packet: forward 3 for the minimum, then 13 for
// the exponential and 5; backward 13 and 9. No pair is kept.

#include <algorithm>
#include <cstddef>
#include <utility>

#include "odot/kernels/element_wise_attention/sequence.hpp"

namespace odot::kernels::detail {

template <class S, bool Causal>
struct Full {
  using P = simd::Packet<S>;
  static constexpr std::size_t lanes = simd::lanes<S>;
  static constexpr std::size_t queries = 4;  // at a time

  static constexpr std::size_t forward_scratch(std::size_t tokens) { return 2 * tokens * lanes; }
  static constexpr std::size_t backward_scratch(std::size_t tokens) { return 4 * tokens * lanes; }

  /// `log_sums` [tokens, channels] (optional) gets log Σ_j exp(−(q_i − k_j)²).
  template <bool Whole>
  static void forward(const Sequence<S>& s, S* scratch, S* log_sums, std::size_t c, std::size_t width) {
    const auto in = s.template inputs<Whole>(c, width);
    const Packed k(scratch, lanes, lanes), v(scratch + s.valid * lanes, lanes, lanes);
    for (std::size_t j = 0; j < s.valid; ++j) k.store(j, in.k[j]), v.store(j, in.v[j]);
    const Column<S, Whole> y(s.y + c, s.channels, width), logs(log_sums ? log_sums + c : nullptr, s.channels, width);
    for_queries(s.valid, [&]<std::size_t Q>(std::size_t i) {
      P q[Q], least[Q], sum[Q], weighted[Q];
      for (std::size_t b = 0; b < Q; ++b) {
        q[b] = in.q[i + b];
        least[b] = simd::all(no_minimum<S>);
        sum[b] = weighted[b] = simd::all(S{0});
      }
      for_keys<Q>(i, s.valid, [&]<std::size_t First>(std::size_t j) {
        const P key = k[j];
#pragma GCC unroll 4
        for (std::size_t b = First; b < Q; ++b) {
          const P d = simd::subtract(q[b], key);
          least[b] = simd::min(least[b], simd::multiply(d, d));
        }
      });
      for_keys<Q>(i, s.valid, [&]<std::size_t First>(std::size_t j) {
        const P key = k[j], value = v[j];
#pragma GCC unroll 4
        for (std::size_t b = First; b < Q; ++b) {
          const P d = simd::subtract(q[b], key);
          const P weight = simd::softmax_exp<S>(simd::subtract(least[b], simd::multiply(d, d)));
          sum[b] = simd::add(sum[b], weight);
          weighted[b] = simd::multiply_add(weight, value, weighted[b]);
        }
      });
      for (std::size_t b = 0; b < Q; ++b) {
        y.store(i + b, simd::divide(weighted[b], sum[b]));
        if (log_sums) logs.store(i + b, simd::subtract(simd::log(sum[b]), least[b]));
      }
    });
  }

  template <bool Whole>
  static void backward(const Sequence<S>& s, S* scratch, const S* log_sums, std::size_t c, std::size_t width) {
    const auto in = s.template inputs<Whole>(c, width);
    const auto grad = s.template gradients<Whole>(c, width);
    const Column<const S, Whole> ys(s.output + c, s.channels, width), dys(s.dy + c, s.channels, width),
        logs(log_sums + c, s.channels, width);
    const auto packed = [&](std::size_t part) { return Packed(scratch + part * s.valid * lanes, lanes, lanes); };
    const Packed k = packed(0), v = packed(1), dk = packed(2), dv = packed(3);
    for (std::size_t j = 0; j < s.valid; ++j) {
      k.store(j, in.k[j]), v.store(j, in.v[j]);
      dk.store(j, simd::all(S{0})), dv.store(j, simd::all(S{0}));
    }
    for_queries(s.valid, [&]<std::size_t Q>(std::size_t i) {
      P q[Q], y[Q], dy[Q], log_sum[Q], dq[Q];
      for (std::size_t b = 0; b < Q; ++b) {
        q[b] = in.q[i + b], y[b] = ys[i + b], dy[b] = dys[i + b], log_sum[b] = logs[i + b];
        dq[b] = simd::all(S{0});
      }
      for_keys<Q>(i, s.valid, [&]<std::size_t First>(std::size_t j) {
        const P key = k[j], value = v[j];
        P dkey = dk[j], dvalue = dv[j];
#pragma GCC unroll 4
        for (std::size_t b = First; b < Q; ++b) {
          const P d = simd::subtract(q[b], key);
          const P p = simd::softmax_exp<S>(simd::negate(simd::multiply_add(d, d, log_sum[b])));
          // y = Σ_j p v
          const P share = simd::multiply(p, dy[b]);
          dvalue = simd::add(dvalue, share);
          // p = exp(−(q − k)²) / Σ_j exp(−(q − k)²)
          const P t = simd::multiply(share, simd::subtract(value, y[b]));
          dq[b] = simd::multiply_add(t, d, dq[b]);
          dkey = simd::multiply_add(t, d, dkey);
        }
        dk.store(j, dkey);
        dv.store(j, dvalue);
      });
      for (std::size_t b = 0; b < Q; ++b) grad.q.store(i + b, simd::multiply(simd::all(S{-2}), dq[b]));
    });
    for (std::size_t j = 0; j < s.valid; ++j) {
      grad.k.store(j, simd::add(dk[j], dk[j]));
      grad.v.store(j, dv[j]);
    }
  }

 private:
  using Packed = Column<S, true>;

  /// Calls body.operator()<Q>(i) for queries i … i + Q − 1.
  template <class Body>
  static void for_queries(std::size_t tokens, const Body& body) {
    std::size_t i = 0;
    for (; i + queries <= tokens; i += queries) body.template operator()<queries>(i);
    for (; i < tokens; ++i) body.template operator()<1>(i);
  }

  /// Calls body.operator()<First>(j) for every key j that the queries i + First … i + Q − 1 see.
  template <std::size_t Q, class Body>
  static ODOT_INLINE void for_keys(std::size_t i, std::size_t tokens, const Body& body) {
    const std::size_t seen_by_all = Causal ? i + 1 : tokens;
    for (std::size_t j = 0; j < seen_by_all; ++j) body.template operator()<0>(j);
    if constexpr (Causal)
      [&]<std::size_t... B>(std::index_sequence<B...>) {
        (body.template operator()<B + 1>(i + B + 1), ...);
      }(std::make_index_sequence<Q - 1>{});
  }
};

}  // namespace odot::kernels::detail
