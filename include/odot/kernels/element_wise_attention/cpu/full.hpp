#pragma once
// SPDX-License-Identifier: MIT
// The full form of element-wise attention on the CPU: one packet of channels of one sequence at a time.
//
// Keys and values of the packet are copied next to each other, so that every pair of tokens finds them in the cache;
// four queries at a time stay in registers. With k* the key nearest to a query, a weight is exp((q − k*)² − (q − k)²),
// and that exponent (k − k*)((2q − k*) − k): exactly 0 for the nearest, right to the last bits however large or far
// apart queries and keys are. Where no exponent comes near 4, k* is the middle of the keys, the same for four queries,
// which needs no search. Sums run over 32 tokens, and compensated over these. Instructions per pair and packet: forward
// 5 for the nearest key, then 13 for the exponential and 6; backward 13 and 11; without a search 1.75 fewer, as k − k* is
// shared and the exponential needs no bound. No pair is kept.

#include <algorithm>
#include <cstddef>
#include <type_traits>
#include <utility>

#include "odot/kernels/compensated.hpp"
#include "odot/kernels/element_wise_attention/contract.hpp"
#include "odot/kernels/element_wise_attention/cpu/sequence.hpp"

namespace odot::kernels::detail {

template <class S, bool Causal>
struct Full {
  using P = simd::Packet<S>;
  static constexpr std::size_t lanes = simd::lanes<S>;
  static constexpr std::size_t queries = 4;                      // at a time
  static constexpr std::size_t block = element_wise_checkpoint;  // tokens
  static_assert(block % queries == 0);

  static constexpr std::size_t forward_scratch(std::size_t tokens) { return 2 * tokens * lanes; }
  static constexpr std::size_t backward_scratch(std::size_t tokens) { return 8 * tokens * lanes; }

  /// `kept` [2, tokens, channels] (optional) gets every query's k* and its sum of weights.
  template <bool Whole>
  static void forward(const Sequence<S>& s, S* scratch, S* kept, std::size_t c, std::size_t width) {
    const auto in = s.template inputs<Whole>(c, width);
    const Packed k{scratch}, v{scratch + s.valid * lanes};
    for (std::size_t j = 0; j < s.valid; ++j) k.store(j, in.k[j]), v.store(j, in.v[j]);
    const Column<S, Whole> y(s.y + c, s.channels, width), references(kept ? kept + c : nullptr, s.channels, width),
        weights(kept ? kept + s.tokens * s.channels + c : nullptr, s.channels, width);
    KeyRange seen = range_of_all(k, s.valid);
    for_queries(s.valid, [&]<std::size_t Q>(std::size_t i) {
      P q[Q], sum[Q], weighted[Q], lost[Q], lost_weighted[Q];
      P reference[Q];
      for (std::size_t b = 0; b < Q; ++b) {
        q[b] = in.q[i + b];
        sum[b] = weighted[b] = lost[b] = lost_weighted[b] = simd::all(S{0});
      }
      Mask narrow[Q];
      const bool all_narrow = find_narrow<Q>(seen, q, k, i, narrow);
      if (all_narrow) {
        for (std::size_t b = 0; b < Q; ++b) reference[b] = seen.middle;
      } else {
        P below[Q], above[Q];
        for (std::size_t b = 0; b < Q; ++b) below[b] = simd::all(-no_minimum<S>), above[b] = simd::all(no_minimum<S>);
        for_keys<Q>(i, s.valid, [&]<std::size_t First>(std::size_t j) {
          const P key = k[j];
#pragma GCC unroll 4
          for (std::size_t b = First; b < Q; ++b) {
            const auto is_above = simd::less(q[b], key);
            below[b] = simd::choose(is_above, below[b], simd::larger(below[b], key));
            above[b] = simd::choose(is_above, simd::smaller(above[b], key), above[b]);
          }
        });
        for (std::size_t b = 0; b < Q; ++b)
          reference[b] = simd::choose(narrow[b], seen.middle, nearest(q[b], below[b], above[b]));
      }
      const Queries<Q> relative(q, reference);
      const auto add_up = [&](auto is_shared) {
        for_key_blocks<Q>(i, s.valid, [&](const auto& for_block) {
          P block_sum[Q], block_weighted[Q];
          for (std::size_t b = 0; b < Q; ++b) block_sum[b] = block_weighted[b] = simd::all(S{0});
          for_block([&]<std::size_t First>(std::size_t j) {
            const P key = k[j], value = v[j];
            P beyond[Q - First], weight[Q - First];
            relative.template weights<is_shared, First>(key, beyond, weight);
#pragma GCC unroll 4
            for (std::size_t b = First; b < Q; ++b) {
              block_sum[b] = simd::add(block_sum[b], weight[b - First]);
              block_weighted[b] = simd::multiply_add(weight[b - First], value, block_weighted[b]);
            }
          });
          for (std::size_t b = 0; b < Q; ++b) {
            add_compensated(sum[b], lost[b], block_sum[b]);
            add_compensated(weighted[b], lost_weighted[b], block_weighted[b]);
          }
        });
      };
      if_shared<Q>(all_narrow, add_up);
      for (std::size_t b = 0; b < Q; ++b) {
        y.store(i + b, simd::divide(weighted[b], sum[b]));
        if (kept) references.store(i + b, reference[b]), weights.store(i + b, sum[b]);
      }
    });
  }

  template <bool Whole>
  static void backward(const Sequence<S>& s, S* scratch, const S* kept, std::size_t c, std::size_t width) {
    const auto in = s.template inputs<Whole>(c, width);
    const auto grad = s.template gradients<Whole>(c, width);
    const Column<const S, Whole> ys(s.output + c, s.channels, width), dys(s.dy + c, s.channels, width),
        references(kept + c, s.channels, width), weights(kept + s.tokens * s.channels + c, s.channels, width);
    const auto packed = [&](std::size_t part) { return Packed{scratch + part * s.valid * lanes}; };
    const Packed k = packed(0), v = packed(1);
    const CompensatedColumn dk{packed(2), packed(3), packed(4)}, dv{packed(5), packed(6), packed(7)};
    for (std::size_t j = 0; j < s.valid; ++j) {
      k.store(j, in.k[j]), v.store(j, in.v[j]);
      dk.clear(j), dv.clear(j);
    }
    KeyRange seen = range_of_all(k, s.valid);
    for_queries(s.valid, [&]<std::size_t Q>(std::size_t i) {
      P q[Q], y[Q], share[Q], reference[Q], dq[Q], lost[Q];
      for (std::size_t b = 0; b < Q; ++b) {
        q[b] = in.q[i + b], y[b] = ys[i + b], reference[b] = references[i + b];
        share[b] = simd::divide(dys[i + b], weights[i + b]);
        dq[b] = lost[b] = simd::all(S{0});
      }
      Mask narrow[Q];
      const bool all_narrow = find_narrow<Q>(seen, q, k, i, narrow);
      const Queries<Q> relative(q, reference);
      const auto add_up = [&](auto is_shared) {
        for_key_blocks<Q>(i, s.valid, [&](const auto& for_block) {
          P block_dq[Q];
          for (std::size_t b = 0; b < Q; ++b) block_dq[b] = simd::all(S{0});
          for_block([&]<std::size_t First>(std::size_t j) {
            const P key = k[j], value = v[j];
            P dkey = dk.block[j], dvalue = dv.block[j], beyond[Q - First], weight[Q - First];
            relative.template weights<is_shared, First>(key, beyond, weight);
#pragma GCC unroll 4
            for (std::size_t b = First; b < Q; ++b) {
              // y = Σ_j p v,  p = exp(−(q − k)²) / Σ_j exp(−(q − k)²)
              const P dweighted = simd::multiply(weight[b - First], share[b]);
              dvalue = simd::add(dvalue, dweighted);
              const P t = simd::multiply(dweighted, simd::subtract(value, y[b]));
              // Σ_j t_ij = 0, so that −Σ_j t_ij (q_i − k_j) = Σ_j t_ij (k_j − k*)
              block_dq[b] = simd::multiply_add(t, beyond[b - First], block_dq[b]);
              dkey = simd::multiply_add(t, simd::subtract(q[b], key), dkey);
            }
            dk.block.store(j, dkey);
            dv.block.store(j, dvalue);
          });
          for (std::size_t b = 0; b < Q; ++b) add_compensated(dq[b], lost[b], block_dq[b]);
        });
      };
      if_shared<Q>(all_narrow, add_up);
      for (std::size_t b = 0; b < Q; ++b) grad.q.store(i + b, simd::add(dq[b], dq[b]));
      const std::size_t end = i + Q;
      if (end % block == 0 || end == s.valid)
        for (std::size_t j = 0; j < (Causal ? end : s.valid); ++j) dk.join(j), dv.join(j);
    });
    for (std::size_t j = 0; j < s.valid; ++j) {
      grad.k.store(j, simd::add(dk.sum[j], dk.sum[j]));
      grad.v.store(j, dv.sum[j]);
    }
  }

 private:
  /// Packets next to each other.
  struct Packed {
    S* first;

    ODOT_INLINE P operator[](std::size_t j) const { return simd::load<S>(first + j * lanes); }
    ODOT_INLINE void store(std::size_t j, const P& packet) const { simd::store(first + j * lanes, packet); }
  };

  /// Sums over the queries, for every key: over all so far, their rounding errors, and over the current block.
  struct CompensatedColumn {
    Packed sum, lost, block;

    void clear(std::size_t j) const {
      for (const Packed& column : {sum, lost, block}) column.store(j, simd::all(S{0}));
    }
    ODOT_INLINE void join(std::size_t j) const {
      P total = sum[j], rest = lost[j];
      add_compensated(total, rest, block[j]);
      sum.store(j, total), lost.store(j, rest), block.store(j, simd::all(S{0}));
    }
  };

  /// The least and the largest of some keys, and the middle of those up to the first of four queries.
  struct KeyRange {
    P low = simd::all(no_minimum<S>), high = simd::all(-no_minimum<S>), middle = simd::all(S{0});

    ODOT_INLINE void add(const P& key) { low = simd::smaller(low, key), high = simd::larger(high, key); }
    ODOT_INLINE void find_middle() {
      const P half = simd::all(S(0.5));
      middle = simd::add(simd::multiply(half, low), simd::multiply(half, high));
    }
    /// Where |(q − m)² − (q − k)²| = |k − m| |2q − m − k| is below 4 for each of them, m the middle.
    ODOT_INLINE auto is_narrow(const P& q) const {
      const P radius = simd::larger(simd::subtract(high, middle), simd::subtract(middle, low)),
              distance = simd::abs(simd::subtract(q, middle));
      return simd::less(simd::multiply(radius, simd::add(simd::add(distance, distance), radius)), simd::all(S{4}));
    }
  };
  using Mask = decltype(std::declval<const KeyRange&>().is_narrow(std::declval<const P&>()));

  /// The range of all keys; in the causal form of none, as find_narrow adds them.
  static ODOT_INLINE KeyRange range_of_all(const Packed& k, std::size_t tokens) {
    KeyRange range;
    if constexpr (!Causal)
      for (std::size_t j = 0; j < tokens; ++j) range.add(k[j]);
    range.find_middle();
    return range;
  }
  /// Where the keys of the queries i … i + Q − 1 are narrow; whether they all are. Depends on no later key.
  template <std::size_t Q>
  static ODOT_INLINE bool find_narrow(KeyRange& seen, const P (&q)[Q], const Packed& k, std::size_t i,
                                      Mask (&narrow)[Q]) {
    bool all = true;
    for (std::size_t b = 0; b < Q; ++b) {
      if constexpr (Causal) {
        seen.add(k[i + b]);
        if ((i + b) % queries == 0) seen.find_middle();
      }
      narrow[b] = seen.is_narrow(q[b]);
      all = all && !simd::any(simd::opposite(narrow[b]));
    }
    return all;
  }

  /// A query and the number k* that its exponents are relative to.
  struct Reference {
    P key, sum, rest;  ///< k*; 2q − k* as the exact sum of two numbers

    Reference() = default;
    ODOT_INLINE Reference(const P& q, const P& reference) : key(reference) {
      const P twice = simd::add(q, q);
      sum = simd::subtract(twice, key);
      simd::keep_rounding(sum);
      P minus_key = simd::subtract(sum, twice);
      simd::keep_rounding(minus_key);
      rest = simd::subtract(simd::subtract(twice, simd::subtract(sum, minus_key)), simd::add(key, minus_key));
    }
    /// (2q − k*) − k
    ODOT_INLINE P minus(const P& k) const { return simd::add(simd::subtract(sum, k), rest); }
    /// (q − k*)² − (q − k)²; `beyond`: k − k*.
    ODOT_INLINE P exponent(const P& k, const P& beyond) const { return simd::multiply(beyond, minus(k)); }
  };

  /// What some queries' weights are relative to.
  template <std::size_t Q>
  struct Queries {
    Reference query[Q];

    ODOT_INLINE Queries(const P (&q)[Q], const P (&reference)[Q]) {
      for (std::size_t b = 0; b < Q; ++b) query[b] = Reference(q[b], reference[b]);
    }
    /// beyond: k − k*; weight: exp((q − k*)² − (q − k)²), both for the queries from number First on. Shared: all have the
    /// same k*, the middle of narrow keys, which gives the same bits with fewer instructions.
    template <bool Shared, std::size_t First>
    ODOT_INLINE void weights(const P& k, P (&beyond)[Q - First], P (&weight)[Q - First]) const {
#pragma GCC unroll 4
      for (std::size_t b = First; b < Q; ++b) {
        beyond[b - First] = simd::subtract(k, query[Shared ? 0 : b].key);
        weight[b - First] = query[b].exponent(k, beyond[b - First]);
      }
      if constexpr (Shared) simd::softmax_exp_in_range<S>(weight);
      else simd::softmax_exp<S>(weight);
    }
  };
  /// Calls use(std::true_type()) where the weights of Q queries are shared, else use(std::false_type()).
  template <std::size_t Q, class Use>
  static ODOT_INLINE void if_shared(bool all_narrow, const Use& use) {
    if constexpr (Q == queries)
      if (all_narrow) return use(std::true_type());
    use(std::false_type());
  }

  /// The nearest key: `below` is the nearest one up to q, `above` the nearest one above.
  static ODOT_INLINE P nearest(const P& q, const P& below, const P& above) {
    return simd::where_less(simd::all(S{0}), Reference(q, below).minus(above), above, below);
  }

  /// Calls body.operator()<Q>(i) for queries i … i + Q − 1.
  template <class Body>
  static void for_queries(std::size_t tokens, const Body& body) {
    std::size_t i = 0;
    for (; i + queries <= tokens; i += queries) body.template operator()<queries>(i);
    for (; i < tokens; ++i) body.template operator()<1>(i);
  }

  /// How many keys, from the first on, all of the queries i … i + Q − 1 see.
  static constexpr std::size_t seen_by_all(std::size_t i, std::size_t tokens) { return Causal ? i + 1 : tokens; }

  /// Calls body.operator()<First>(j) for the keys j that only the queries i + First … i + Q − 1 see.
  template <std::size_t Q, class Body>
  static ODOT_INLINE void for_last_keys(std::size_t i, const Body& body) {
    [&]<std::size_t... B>(std::index_sequence<B...>) {
      (body.template operator()<B + 1>(i + B + 1), ...);
    }(std::make_index_sequence<Q - 1>{});
  }
  /// The same for all keys that one of these queries sees.
  template <std::size_t Q, class Body>
  static ODOT_INLINE void for_keys(std::size_t i, std::size_t tokens, const Body& body) {
    const std::size_t count = seen_by_all(i, tokens);
    for (std::size_t j = 0; j < count; ++j) body.template operator()<0>(j);
    if constexpr (Causal) for_last_keys<Q>(i, body);
  }
  /// Calls body(for_block) for every block of these keys; for_block goes through the block key by key. The last keys of
  /// the causal form are a separate block, so that the compiler uses all registers for the others.
  template <std::size_t Q, class Body>
  static ODOT_INLINE void for_key_blocks(std::size_t i, std::size_t tokens, const Body& body) {
    const std::size_t count = seen_by_all(i, tokens);
    for (std::size_t from = 0; from < count; from += block) {
      const std::size_t to = (std::min)(from + block, count);
      body([&](const auto& each) {
        for (std::size_t j = from; j < to; ++j) each.template operator()<0>(j);
      });
    }
    if constexpr (Causal && Q > 1) body([&](const auto& each) { for_last_keys<Q>(i, each); });
  }
};

}  // namespace odot::kernels::detail
