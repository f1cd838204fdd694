#pragma once
// SPDX-License-Identifier: MIT
// Dot-product attention on the CPU, backward: a run of blocks of keys over the blocks of queries that see them.

#include <algorithm>
#include <cstddef>

#include "odot/kernels/dot_product_attention/cpu/block_product.hpp"
#include "odot/kernels/dot_product_attention/cpu/unit.hpp"
#include "odot/kernels/eigen.hpp"

namespace odot::kernels::detail {

/// Backward of a unit's keys and values, block by block; what belongs to the queries is added to a dq.
template <class S>
struct AttentionBackward {
  using Product = BlockProduct<S>;
  AttentionUnit unit;
  TokenArray<const S> q, k, v, y, dy;
  TokenArray<S> dk, dv;
  const S* statistics;  // of the unit
  AttentionScratch<S> sizes;
  S* memory;

  static std::size_t scratch(const AttentionScratch<S>& n) {
    return n.panel + 2 * n.block + n.tokens + 4 * n.key_columns + 3 * n.value_columns + n.stretch_dq;
  }

  /// Key blocks of one run. `dq`: the unit's, from its first token on. Gradients of long sequences are summed a stretch of
  /// tokens at a time.
  void run(std::size_t begin, std::size_t end, const TokenArray<S>& dq) const {
    const DotProductGeometry& g = unit.g;
    S *delta = memory + sizes.panel + 2 * sizes.block, *stretch_dq = delta + sizes.tokens;
    end = (std::min)(end, unit.valid);
    for (std::size_t i = g.causal ? begin : 0; i < unit.valid; ++i)
      delta[i] = (array(unit.rows(y, g.value_width, i).data, g.value_width) *
                  array(unit.rows(dy, g.value_width, i).data, g.value_width))
                     .sum();
    if (sizes.stretch_dq == 0 || end <= begin + attention_stretch) return add_keys(begin, end, delta, dq);
    for (std::size_t key = begin; key < end; key += attention_stretch) {
      std::fill_n(stretch_dq, g.tokens * g.width, S{0});
      add_keys(key, (std::min)(key + attention_stretch, end), delta, {stretch_dq, g.width});
      add_rows(g.tokens, g.width, stretch_dq, dq);
    }
  }

 private:
  /// Σ over a stretch of tokens, [count, width], added to `sum`.
  static void add_rows(std::size_t count, std::size_t width, const S* stretch, const TokenArray<S>& sum) {
    strided_matrix(sum.data, count, width, sum.stride) += matrix(stretch, count, width);
  }

  void add_keys(std::size_t begin, std::size_t end, const S* delta, const TokenArray<S>& dq) const {
    const DotProductGeometry& g = unit.g;
    const ScoreRows<S> score_rows(g.scale);
    const Product product(memory);
    S *p = memory + sizes.panel, *ds = p + sizes.block,
      *key_columns = ds + sizes.block + sizes.tokens + sizes.stretch_dq,
      *value_columns = key_columns + sizes.key_columns, *key_rows = value_columns + sizes.value_columns,
      *query_rows = key_rows + sizes.key_columns, *dout_rows = query_rows + sizes.key_columns,
      *stretch_dk = dout_rows + sizes.value_columns, *stretch_dv = stretch_dk + sizes.key_columns;
    const S *most = statistics, *inverses = statistics + g.tokens;
    for (std::size_t key = begin; key < end; key += key_block) {
      const std::size_t columns = (std::min)(key_block, end - key), stride = ScoreRows<S>::padded(columns);
      Product::transpose(unit.rows(k, g.width, key), columns, g.width, key_columns, stride);
      Product::transpose(unit.rows(v, g.value_width, key), columns, g.value_width, value_columns, stride);
      const auto keys = Product::gathered(unit.rows(k, g.width, key), columns, g.width, key_rows);
      const std::size_t start = g.causal ? key : 0;
      const TokenArray<S> all_dk = unit.rows(dk, g.width, key), all_dv = unit.rows(dv, g.value_width, key);
      for (std::size_t first = start; first < unit.valid; first += query_block) {
        const std::size_t rows = (std::min)(query_block, unit.valid - first);
        const auto queries = Product::gathered(unit.rows(q, g.width, first), rows, g.width, query_rows);
        const auto dout = Product::gathered(unit.rows(dy, g.value_width, first), rows, g.value_width, dout_rows);
        // y_i = Σ_j a_ij v_j
        product.run({dout.data, dout.stride, 1}, rows, g.value_width, {value_columns, stride}, {ds, stride}, stride,
                    false);
        // a_ij = exp(scale · (q_i·k_j − m_i)) / Σ
        product.run({queries.data, queries.stride, 1}, rows, g.width, {key_columns, stride}, {p, stride}, stride,
                    false);
        for (std::size_t r = 0; r < rows; ++r) {
          S *p_row = p + r * stride, *ds_row = ds + r * stride;
          score_rows.probabilities(p_row, unit.seen(first + r, key, columns), columns, most[first + r],
                                   inverses[first + r]);
          score_rows.gradients(p_row, ds_row, columns, delta[first + r]);
        }
        // dv_j = Σ_i a_ij dy_i,  dk_j = Σ_i ds_ij q_i,  dq_i = Σ_j ds_ij k_j
        const std::size_t place = (first - start) % attention_stretch;  // in its stretch of queries
        const bool apart = first - start >= attention_stretch;
        const TokenArray<S> my_dk = apart ? TokenArray<S>{stretch_dk, g.width} : all_dk,
                            my_dv = apart ? TokenArray<S>{stretch_dv, g.value_width} : all_dv;
        product.run({p, 1, stride}, columns, rows, dout, my_dv, g.value_width, !apart || place > 0);
        product.run({ds, 1, stride}, columns, rows, queries, my_dk, g.width, !apart || place > 0);
        product.run({ds, stride, 1}, rows, columns, keys, {dq.data + first * dq.stride, dq.stride}, g.width, true);
        const bool last = place + query_block == attention_stretch || first + query_block >= unit.valid;
        if (!apart || !last) continue;
        add_rows(columns, g.width, stretch_dk, all_dk);
        add_rows(columns, g.value_width, stretch_dv, all_dv);
      }
    }
  }
};

}  // namespace odot::kernels::detail
