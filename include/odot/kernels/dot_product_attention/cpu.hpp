#pragma once
// SPDX-License-Identifier: MIT
// Dot-product attention on the CPU: products of blocks, softmaxes by SIMD in between.
//
// A block of scores, 64 queries × 64 keys, takes 16 KiB in float and stays in the first-level cache between the products
// that fill and use it; the rows of q, k, v that belong to it (16 KiB each at a width of 64) stay in the second. What no
// arrangement saves are the products' multiply-adds, H·L²·(d + dv) forward and H·L²·(3d + 2dv) backward, at two registers
// of them a cycle, and an exponential (13 instructions a register) for each of the H·L² scores.

#include <algorithm>
#include <cmath>

#include "odot/core/parallel.hpp"
#include "odot/kernels/dot_product_attention/block_product.hpp"
#include "odot/kernels/dot_product_attention/dot_product_attention.hpp"
#include "odot/kernels/dot_product_attention/score_rows.hpp"
#include "odot/kernels/eigen.hpp"
#include "odot/kernels/lengths/lengths.hpp"

namespace odot::kernels {

namespace detail {

constexpr std::size_t query_block = 64, key_block = 64;  // tokens
/// Tokens whose share of a sum is made by itself: at 10⁵ tokens a sum rounds some 180 times in a row, not 10⁵ times.
constexpr std::size_t attention_stretch = 1024;
static_assert(key_block % query_block == 0, "then a query sees a key of every block that its causal block visits");

/// One head of one sample.
struct AttentionUnit {
  const DotProductGeometry& g;
  std::size_t number, valid;  // sample · heads + head; tokens of the sample that are not padding

  /// Its rows from `token` on, of an array whose heads are `width` wide.
  template <class S>
  TokenArray<S> rows(const TokenArray<S>& array, std::size_t width, std::size_t token) const {
    const std::size_t sample = number / g.heads, head = number % g.heads;
    return {array.data + (sample * g.tokens + token) * array.stride + head * width, array.stride};
  }
  /// Keys that query number `query` sees, of `columns` from `key` on.
  std::size_t seen(std::size_t query, std::size_t key, std::size_t columns) const {
    return g.causal ? std::min(columns, query + 1 - key) : columns;
  }
};

/// Sizes of a worker's scratch memory, in elements. Every part begins at a multiple of the alignment, for every worker
/// alike: Eigen's sums take the elements that fill registers by their address, and would round differently otherwise.
template <class S>
struct AttentionScratch {
  static constexpr std::size_t lines(std::size_t elements) {
    return (elements + Cpu::alignment - 1) / Cpu::alignment * Cpu::alignment;
  }
  explicit AttentionScratch(const DotProductGeometry& g)
      : keys(ScoreRows<S>::padded(std::min(g.tokens, key_block))), block(lines(std::min(g.tokens, query_block) * keys)),
        row(lines(query_block)), key_columns(lines(g.width * keys)), value_columns(lines(g.value_width * keys)),
        tokens(lines(g.tokens)), stretch_values(g.tokens > attention_stretch ? lines(query_block * g.value_width) : 0) {
  }

  std::size_t keys;                        // in a row of a block
  std::size_t block;                       // of scores
  std::size_t row;                         // one number a query of a block
  std::size_t key_columns, value_columns;  // a block's keys and values; also its queries and gradients
  std::size_t tokens;                      // one number a token
  std::size_t stretch_values;              // a stretch's outputs of a block of queries
  std::size_t stretch_dq = 0;              // a stretch's gradient of all queries
};

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
  S *scores, *most, *sums, *key_columns, *value_rows, *stretch_most, *stretch_sums, *stretch_values;

  static std::size_t scratch(const AttentionScratch<S>& n) {
    return n.block + 4 * n.row + n.key_columns + n.value_columns + n.stretch_values;
  }
  AttentionForward(const AttentionUnit& u, const AttentionScratch<S>& n, S* memory, const TokenArray<const S>& queries,
                   const TokenArray<const S>& keys, const TokenArray<const S>& values, const TokenArray<S>& out)
      : unit(u), q(queries), k(keys), v(values), y(out), sizes(n), score_rows(u.g.scale), scores(memory),
        most(scores + n.block), sums(most + n.row), key_columns(sums + n.row), value_rows(key_columns + n.key_columns),
        stretch_most(value_rows + n.value_columns), stretch_sums(stretch_most + n.row),
        stretch_values(stretch_sums + n.row) {}

  /// The block of queries that begins at `first`. `statistics`, of the unit, may be null.
  void run(std::size_t first, S* statistics) const {
    const DotProductGeometry& g = unit.g;
    const std::size_t all = std::min(query_block, g.tokens - first);
    const std::size_t rows = std::min(all, unit.valid - std::min(first, unit.valid));
    const auto out = unit.rows(y, g.value_width, first);
    const std::size_t visible = rows == 0 ? 0 : g.causal ? first + rows : unit.valid;
    const AttentionShare<S> total{most, sums, out},
        stretch{stretch_most, stretch_sums, {stretch_values, g.value_width}};
    for (std::size_t begin = 0; begin < visible; begin += attention_stretch) {
      const AttentionShare<S>& share = begin == 0 ? total : stretch;
      for (std::size_t key = begin; key < std::min(begin + attention_stretch, visible); key += key_block)
        add_keys(first, rows, key, std::min(key_block, visible - key), key == begin, share);
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
    Product::run({queries.data, queries.stride, 1}, rows, g.width, {key_columns, stride}, {scores, stride}, stride,
                 false);
    for (std::size_t r = 0; r < rows; ++r)
      softmax(r, scores + r * stride, unit.seen(first + r, key, columns), columns, start, share);
    Product::run({scores, stride, 1}, rows, columns,
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
      const S now = std::max(share.most[r], largest), kept = factor(share.most[r], now);
      share.sums[r] = kept * share.sums[r] + score_rows.exponentials(row, seen, columns, now);
      share.most[r] = now;
      if (kept != 1) array(share.values.data + r * share.values.stride, unit.g.value_width) *= kept;
    }
  }

  void join(std::size_t rows, const AttentionShare<S>& more, const AttentionShare<S>& total) const {
    for (std::size_t r = 0; r < rows; ++r) {
      const S now = std::max(total.most[r], more.most[r]);
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
    return 2 * n.block + n.tokens + 4 * n.key_columns + 3 * n.value_columns + n.stretch_dq;
  }

  /// Key blocks of one run. `dq`: the unit's, from its first token on. Gradients of long sequences are summed a stretch of
  /// tokens at a time.
  void run(std::size_t begin, std::size_t end, const TokenArray<S>& dq) const {
    const DotProductGeometry& g = unit.g;
    S *delta = memory + 2 * sizes.block, *stretch_dq = delta + sizes.tokens;
    end = std::min(end, unit.valid);
    for (std::size_t i = g.causal ? begin : 0; i < unit.valid; ++i)
      delta[i] = (array(unit.rows(y, g.value_width, i).data, g.value_width) *
                  array(unit.rows(dy, g.value_width, i).data, g.value_width))
                     .sum();
    if (sizes.stretch_dq == 0 || end <= begin + attention_stretch) return add_keys(begin, end, delta, dq);
    for (std::size_t key = begin; key < end; key += attention_stretch) {
      std::fill_n(stretch_dq, g.tokens * g.width, S{0});
      add_keys(key, std::min(key + attention_stretch, end), delta, {stretch_dq, g.width});
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
    S *p = memory, *ds = p + sizes.block, *key_columns = ds + sizes.block + sizes.tokens + sizes.stretch_dq,
      *value_columns = key_columns + sizes.key_columns, *key_rows = value_columns + sizes.value_columns,
      *query_rows = key_rows + sizes.key_columns, *dout_rows = query_rows + sizes.key_columns,
      *stretch_dk = dout_rows + sizes.value_columns, *stretch_dv = stretch_dk + sizes.key_columns;
    const S *most = statistics, *inverses = statistics + g.tokens;
    for (std::size_t key = begin; key < end; key += key_block) {
      const std::size_t columns = std::min(key_block, end - key), stride = ScoreRows<S>::padded(columns);
      Product::transpose(unit.rows(k, g.width, key), columns, g.width, key_columns, stride);
      Product::transpose(unit.rows(v, g.value_width, key), columns, g.value_width, value_columns, stride);
      const auto keys = Product::gathered(unit.rows(k, g.width, key), columns, g.width, key_rows);
      const std::size_t start = g.causal ? key : 0;
      const TokenArray<S> all_dk = unit.rows(dk, g.width, key), all_dv = unit.rows(dv, g.value_width, key);
      for (std::size_t first = start; first < unit.valid; first += query_block) {
        const std::size_t rows = std::min(query_block, unit.valid - first);
        const auto queries = Product::gathered(unit.rows(q, g.width, first), rows, g.width, query_rows);
        const auto dout = Product::gathered(unit.rows(dy, g.value_width, first), rows, g.value_width, dout_rows);
        // y_i = Σ_j a_ij v_j
        Product::run({dout.data, dout.stride, 1}, rows, g.value_width, {value_columns, stride}, {ds, stride}, stride,
                     false);
        // a_ij = exp(scale · (q_i·k_j − m_i)) / Σ
        Product::run({queries.data, queries.stride, 1}, rows, g.width, {key_columns, stride}, {p, stride}, stride,
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
        Product::run({p, 1, stride}, columns, rows, dout, my_dv, g.value_width, !apart || place > 0);
        Product::run({ds, 1, stride}, columns, rows, queries, my_dk, g.width, !apart || place > 0);
        Product::run({ds, stride, 1}, rows, columns, keys, {dq.data + first * dq.stride, dq.stride}, g.width, true);
        const bool last = place + query_block == attention_stretch || first + query_block >= unit.valid;
        if (!apart || !last) continue;
        add_rows(columns, g.width, stretch_dk, all_dk);
        add_rows(columns, g.value_width, stretch_dv, all_dv);
      }
    }
  }
};

}  // namespace detail

template <>
struct DotProductAttention<Cpu> {
  static constexpr std::size_t query_block = detail::query_block, key_block = detail::key_block;

  template <class S>
  static void forward(Workspace<Cpu>& workspace, const DotProductGeometry& g, std::size_t samples,
                      TokenArray<const S> q, TokenArray<const S> k, TokenArray<const S> v, const std::int32_t* lengths,
                      TokenArray<S> y, S* statistics) {
    using Task = detail::AttentionForward<S>;
    const std::size_t blocks = Chunks(g.tokens, query_block).count();  // of a unit
    const Chunks tasks(samples * g.heads * blocks, tasks_a_chunk(g, std::min(g.tokens, query_block)));
    const detail::AttentionScratch<S> sizes(g);
    auto frame = workspace.frame();
    S* memory = frame.take<S>(workers(workspace, tasks) * Task::scratch(sizes));
    parallel_for(workspace.threads(), tasks.count(), [&](std::size_t c, std::size_t worker) {
      for (std::size_t task = tasks.begin(c); task < tasks.end(c); ++task) {
        const detail::AttentionUnit unit = unit_of(g, lengths, task / blocks);
        const Task forward(unit, sizes, memory + worker * Task::scratch(sizes), q, k, v, y);
        forward.run(task % blocks * query_block, statistics ? statistics + unit.number * 2 * g.tokens : nullptr);
      }
    });
  }

  template <class S>
  static void backward(Workspace<Cpu>& workspace, const DotProductGeometry& g, std::size_t samples,
                       TokenArray<const S> q, TokenArray<const S> k, TokenArray<const S> v, const std::int32_t* lengths,
                       TokenArray<const S> y, const S* statistics, TokenArray<const S> dy, TokenArray<S> dq,
                       TokenArray<S> dk, TokenArray<S> dv) {
    using Task = detail::AttentionBackward<S>;
    const std::size_t units = samples * g.heads;
    // A task takes a run of key blocks of a unit. Where units are few there are several runs, each with a dq of its own.
    const Chunks runs = Chunks::at_most(units < few_units ? most_runs : 1, g.tokens, key_block);
    const std::size_t own_dq = runs.count() > 1 ? g.tokens * g.width : 0;  // elements
    const Chunks tasks(units * runs.count(), tasks_a_chunk(g, 2 * g.tokens));
    detail::AttentionScratch<S> sizes(g);
    if (runs.chunk_size() > detail::attention_stretch) sizes.stretch_dq = sizes.lines(g.tokens * g.width);
    auto frame = workspace.frame();
    S* own = frame.take<S>(units * runs.count() * own_dq);
    S* memory = frame.take<S>(workers(workspace, tasks) * Task::scratch(sizes));

    // Phase 1: everything 0, so that gradients which share memory may all be added.
    const Chunks zeroed(units, tasks_a_chunk(g, 1));
    parallel_for(workspace.threads(), zeroed.count(), [&](std::size_t c, std::size_t) {
      for (std::size_t number = zeroed.begin(c); number < zeroed.end(c); ++number) {
        const detail::AttentionUnit unit = unit_of(g, lengths, number);
        for (std::size_t i = 0; i < g.tokens; ++i) {
          std::fill_n(unit.rows(dq, g.width, i).data, g.width, S{0});
          std::fill_n(unit.rows(dk, g.width, i).data, g.width, S{0});
          std::fill_n(unit.rows(dv, g.value_width, i).data, g.value_width, S{0});
        }
      }
    });

    // Phase 2: the gradients, dq of several runs apart.
    parallel_for(workspace.threads(), tasks.count(), [&](std::size_t c, std::size_t worker) {
      for (std::size_t task = tasks.begin(c); task < tasks.end(c); ++task) {
        const detail::AttentionUnit unit = unit_of(g, lengths, task / runs.count());
        const std::size_t run = task % runs.count();
        const TokenArray<S> mine{own + task * own_dq, g.width};
        if (own_dq > 0) std::fill_n(mine.data, own_dq, S{0});
        const Task backward{unit,
                            q,
                            k,
                            v,
                            y,
                            dy,
                            dk,
                            dv,
                            statistics + unit.number * 2 * g.tokens,
                            sizes,
                            memory + worker * Task::scratch(sizes)};
        backward.run(runs.begin(run), runs.end(run), own_dq > 0 ? mine : unit.rows(dq, g.width, 0));
      }
    });

    // Phase 3: their sum, in the order of the runs.
    if (own_dq == 0) return;
    parallel_for(workspace.threads(), units, [&](std::size_t number, std::size_t) {
      const TokenArray<S> sum = unit_of(g, lengths, number).rows(dq, g.width, 0);
      for (std::size_t run = 0; run < runs.count(); ++run)
        strided_matrix(sum.data, g.tokens, g.width, sum.stride) +=
            matrix(own + (number * runs.count() + run) * own_dq, g.tokens, g.width);
    });
  }

 private:
  static constexpr std::size_t few_units = 8, most_runs = 8;

  static detail::AttentionUnit unit_of(const DotProductGeometry& g, const std::int32_t* lengths, std::size_t number) {
    return {g, number, valid_tokens(lengths, number / g.heads, g.tokens)};
  }
  /// So many that a thread has some 2¹⁷ multiply-adds to do before it asks for more.
  static std::size_t tasks_a_chunk(const DotProductGeometry& g, std::size_t rows) {
    return std::max<std::size_t>(1, (std::size_t{1} << 17) / (rows * g.tokens * (g.width + g.value_width)));
  }
  static std::size_t workers(const Workspace<Cpu>& workspace, const Chunks& tasks) {
    return std::min(static_cast<std::size_t>(workspace.threads()), tasks.count());
  }
};

}  // namespace odot::kernels
