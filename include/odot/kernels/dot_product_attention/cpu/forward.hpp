#pragma once
// SPDX-License-Identifier: MIT
// Dot-product attention on the CPU, forward: a block of queries over its blocks of keys.

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "odot/kernels/dot_product_attention/cpu/block_product.hpp"
#include "odot/kernels/dot_product_attention/cpu/unit.hpp"
#include "odot/kernels/eigen.hpp"

namespace odot::kernels::detail {

/// Some keys' share of the outputs of a block of queries: of each query the largest product m, Σ_j e^(scale · (s_j − m)), and
/// the same sum with v_j.
template <class S>
struct AttentionShare {
  S *most, *sums;
  TokenArray<S> values;
};

/// Forward of a unit's queries, block by block.
template <class S>
struct AttentionForward {
  using Product = BlockProduct<S>;
  AttentionUnit unit;
  TokenArray<const S> q, k, v;
  TokenArray<S> y;
  AttentionScratch<S> sizes;
  ScoreRows<S> score_rows;
  Product product;
  S *scores, *most, *sums, *key_columns, *value_rows, *stretch_most, *stretch_sums, *stretch_values;

  static std::size_t scratch(const AttentionScratch<S>& n) {
    return n.panel + n.block + 4 * n.row + n.key_columns + n.value_columns + n.stretch_values;
  }
  AttentionForward(const AttentionUnit& u, const AttentionScratch<S>& n, S* memory, const TokenArray<const S>& queries,
                   const TokenArray<const S>& keys, const TokenArray<const S>& values, const TokenArray<S>& out)
      : unit(u), q(queries), k(keys), v(values), y(out), sizes(n), score_rows(u.g.scale), product(memory),
        scores(memory + n.panel), most(scores + n.block), sums(most + n.row), key_columns(sums + n.row),
        value_rows(key_columns + n.key_columns), stretch_most(value_rows + n.value_columns),
        stretch_sums(stretch_most + n.row), stretch_values(stretch_sums + n.row) {}

  /// The block of queries that begins at `first`. `statistics`, of the unit, may be null.
  void run(std::size_t first, S* statistics) const {
    const DotProductGeometry& g = unit.g;
    const std::size_t all = (std::min)(query_block, g.tokens - first);
    const std::size_t rows = (std::min)(all, unit.valid - (std::min)(first, unit.valid));
    const auto out = unit.rows(y, g.value_width, first);
    const std::size_t visible = rows == 0 ? 0 : g.causal ? first + rows : unit.valid;
    const AttentionShare<S> total{most, sums, out},
        stretch{stretch_most, stretch_sums, {stretch_values, g.value_width}};
    for (std::size_t begin = 0; begin < visible; begin += attention_stretch) {
      const AttentionShare<S>& share = begin == 0 ? total : stretch;
      for (std::size_t key = begin; key < (std::min)(begin + attention_stretch, visible); key += key_block)
        add_keys(first, rows, key, (std::min)(key_block, visible - key), key == begin, share);
      if (begin > 0) join(rows, share, total);
    }
    for (std::size_t r = 0; r < rows; ++r) array(out.data + r * out.stride, g.value_width) *= sums[r] = 1 / sums[r];
    for (std::size_t r = rows; r < all; ++r) std::fill_n(out.data + r * out.stride, g.value_width, S{0});
    if (!statistics) return;
    for (const S* numbers : {most, sums}) {
      std::copy_n(numbers, rows, statistics + first);
      std::fill_n(statistics + first + rows, all - rows, S{0});
      statistics += g.tokens;
    }
  }

  /// With m the running maximum of a row: y = e^(m − m') y + Σ_j e^(s_j − m') v_j, and the sum of exponentials likewise.
  void add_keys(std::size_t first, std::size_t rows, std::size_t key, std::size_t columns, bool start,
                const AttentionShare<S>& share) const {
    const DotProductGeometry& g = unit.g;
    const std::size_t stride = ScoreRows<S>::padded(columns);
    const auto queries = unit.rows(q, g.width, first);
    Product::transpose(unit.rows(k, g.width, key), columns, g.width, key_columns, stride);
    product.run({queries.data, queries.stride, 1}, rows, g.width, {key_columns, stride}, {scores, stride}, stride,
                false);
    for (std::size_t r = 0; r < rows; ++r)
      softmax(r, scores + r * stride, unit.seen(first + r, key, columns), columns, start, share);
    product.run({scores, stride, 1}, rows, columns,
                Product::gathered(unit.rows(v, g.value_width, key), columns, g.value_width, value_rows), share.values,
                g.value_width, !start);
  }

  void softmax(std::size_t r, S* row, std::size_t seen, std::size_t columns, bool start,
               const AttentionShare<S>& share) const {
    const S largest = ScoreRows<S>::largest(row, seen);
    if (start) {
      share.most[r] = largest;
      share.sums[r] = score_rows.exponentials(row, seen, columns, largest);
    } else {
      const S now = (std::max)(share.most[r], largest), kept = factor(share.most[r], now);
      share.sums[r] = kept * share.sums[r] + score_rows.exponentials(row, seen, columns, now);
      share.most[r] = now;
      if (kept != 1) array(share.values.data + r * share.values.stride, unit.g.value_width) *= kept;
    }
  }

  void join(std::size_t rows, const AttentionShare<S>& more, const AttentionShare<S>& total) const {
    for (std::size_t r = 0; r < rows; ++r) {
      const S now = (std::max)(total.most[r], more.most[r]);
      const S kept = factor(total.most[r], now), added = factor(more.most[r], now);
      total.sums[r] = kept * total.sums[r] + added * more.sums[r];
      total.most[r] = now;
      auto sum = array(total.values.data + r * total.values.stride, unit.g.value_width);
      sum = kept * sum + added * array(more.values.data + r * more.values.stride, unit.g.value_width);
    }
  }
  /// What sums relative to the maximum `old` are multiplied by where it becomes `now`.
  S factor(S old, S now) const { return std::exp(static_cast<S>(unit.g.scale) * (old - now)); }
};

}  // namespace odot::kernels::detail
