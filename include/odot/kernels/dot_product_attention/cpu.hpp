#pragma once
// SPDX-License-Identifier: MIT
// Dot-product attention on the CPU: Eigen's products of blocks, softmaxes by SIMD in between.
//
// A block of scores, 64 queries × 64 keys, takes 16 KiB in float and stays in the first-level cache between the products
// that fill and use it; the rows of q, k, v that belong to it (16 KiB each at a width of 64) stay in the second. Below
// that lie the multiply-adds of the products alone: 2·H·L²·(d + dv) FLOP forward; exponentials are 1 in d + dv
// multiply-adds, 13 instructions a register of them.

#include <algorithm>
#include <cmath>
#include <limits>

#include "odot/core/parallel.hpp"
#include "odot/kernels/dot_product_attention/dot_product_attention.hpp"
#include "odot/kernels/eigen.hpp"
#include "odot/kernels/exponential.hpp"
#include "odot/kernels/lengths/lengths.hpp"
#include "odot/kernels/simd.hpp"

namespace odot::kernels {

namespace detail {

/// Rows of scores between the products: each starts `stride` after the last, a whole number of packets, so that the last
/// packet of a row may be worked on as a whole.
template <class S>
struct ScoreRows {
  static constexpr std::size_t lanes = simd::lanes<S>;
  static constexpr std::size_t padded(std::size_t columns) { return (columns + lanes - 1) / lanes * lanes; }

  /// The largest of s[0 … count); writes −∞ behind them.
  static S largest(S* s, std::size_t count) {
    const std::size_t end = padded(count);
    std::fill(s + count, s + end, -std::numeric_limits<S>::infinity());
    auto most = simd::load(s);
    for (std::size_t j = lanes; j < end; j += lanes) most = simd::max(most, simd::load(s + j));
    return simd::largest(most);
  }

  /// s[j] = exp(scale · s[j] − shift) for j < count, 0 from there to `columns`. Returns their sum. NaN stays NaN.
  static S exponentials(S* s, std::size_t count, std::size_t columns, S scale, S shift) {
    const auto factor = simd::all(scale), offset = simd::all(-shift);
    const std::size_t end = padded(count), whole = count / lanes * lanes;
    auto sums = simd::all(S{0});
    for (std::size_t j = 0; j < end; j += lanes) {
      const auto p = simd::softmax_exp<S>(simd::multiply_add(factor, simd::load(s + j), offset));
      simd::store(s + j, p);
      if (j < whole) sums = simd::add(sums, p);
    }
    S sum = simd::sum(sums);
    for (std::size_t j = whole; j < count; ++j) sum += s[j];
    std::fill(s + count, s + padded(columns), S{0});
    return sum;
  }

  /// ds[j] = scale · p[j] · (ds[j] − delta), in packets to the end of the row.
  static void gradients(const S* p, S* ds, std::size_t columns, S scale, S delta) {
    const auto factor = simd::all(scale), offset = simd::all(delta);
    for (std::size_t j = 0; j < padded(columns); j += lanes)
      simd::store(ds + j, simd::multiply(simd::multiply(factor, simd::load(p + j)),
                                         simd::subtract(simd::load(ds + j), offset)));
  }
};

/// Rows [token, token + rows) of one head of a sample.
template <class S>
auto head_rows(const TokenArray<S>& array, const DotProductGeometry& g, std::size_t unit, std::size_t width,
               std::size_t token, std::size_t rows) {
  const std::size_t sample = unit / g.heads, head = unit % g.heads;
  return strided_matrix(array.data + (sample * g.tokens + token) * array.stride + head * width, rows, width,
                        array.stride);
}

}  // namespace detail

template <>
struct DotProductAttention<Cpu> {
  static constexpr std::size_t query_block = 64, key_block = 64;  // tokens
  static_assert(key_block % query_block == 0,
                "a query then sees a key of every block that a causal query block visits");

  template <class S>
  static void forward(Workspace<Cpu>& workspace, const DotProductGeometry& g, std::size_t samples,
                      TokenArray<const S> q, TokenArray<const S> k, TokenArray<const S> v, const std::int32_t* lengths,
                      TokenArray<S> y, S* log_sums) {
    const std::size_t blocks = Chunks(g.tokens, query_block).count();  // of a unit: one head of one sample
    const Chunks tasks(samples * g.heads * blocks, tasks_a_chunk(g, std::min(g.tokens, query_block)));
    auto frame = workspace.frame();
    const std::size_t each = whole_lines(block_elements<S>(g) + 2 * query_block);
    S* scratch = frame.take<S>(workers(workspace, tasks) * each);
    parallel_for(workspace.threads(), tasks.count(), [&](std::size_t c, std::size_t worker) {
      for (std::size_t task = tasks.begin(c); task < tasks.end(c); ++task) {
        const std::size_t unit = task / blocks;
        const Queries<S> queries{g, q, k, v, y, unit, length(g, lengths, unit), scratch + worker * each};
        queries.forward(task % blocks * query_block, log_sums ? log_sums + unit * g.tokens : nullptr);
      }
    });
  }

  template <class S>
  static void backward(Workspace<Cpu>& workspace, const DotProductGeometry& g, std::size_t samples,
                       TokenArray<const S> q, TokenArray<const S> k, TokenArray<const S> v, const std::int32_t* lengths,
                       TokenArray<const S> y, const S* log_sums, TokenArray<const S> dy, TokenArray<S> dq,
                       TokenArray<S> dk, TokenArray<S> dv) {
    const std::size_t units = samples * g.heads;
    // A task takes a run of key blocks of a unit. Where units are few there are several runs, each with a dq of its own.
    const Chunks runs = Chunks::at_most(units < few_units ? most_runs : 1, g.tokens, key_block);
    const std::size_t dq_elements = runs.count() > 1 ? g.tokens * g.width : 0;
    auto frame = workspace.frame();
    S* partials = frame.take<S>(units * runs.count() * dq_elements);

    const Chunks zeroed(units, tasks_a_chunk(g, 1));
    parallel_for(workspace.threads(), zeroed.count(), [&](std::size_t c, std::size_t) {
      for (std::size_t unit = zeroed.begin(c); unit < zeroed.end(c); ++unit) {
        detail::head_rows(dq, g, unit, g.width, 0, g.tokens).setZero();
        detail::head_rows(dk, g, unit, g.width, 0, g.tokens).setZero();
        detail::head_rows(dv, g, unit, g.value_width, 0, g.tokens).setZero();
      }
    });

    const Chunks tasks(units * runs.count(), tasks_a_chunk(g, 2 * g.tokens));
    const std::size_t each = whole_lines(2 * block_elements<S>(g) + g.tokens);
    S* scratch = frame.take<S>(workers(workspace, tasks) * each);
    parallel_for(workspace.threads(), tasks.count(), [&](std::size_t c, std::size_t worker) {
      for (std::size_t task = tasks.begin(c); task < tasks.end(c); ++task) {
        const std::size_t unit = task / runs.count(), run = task % runs.count();
        const Keys<S> keys{g,
                           q,
                           k,
                           v,
                           y,
                           dy,
                           dk,
                           dv,
                           unit,
                           length(g, lengths, unit),
                           log_sums + unit * g.tokens,
                           scratch + worker * each};
        if (dq_elements == 0) {
          keys.backward(runs, run, detail::head_rows(dq, g, unit, g.width, 0, g.tokens));
        } else {
          auto mine = strided_matrix(partials + task * dq_elements, g.tokens, g.width, g.width);
          mine.setZero();
          keys.backward(runs, run, mine);
        }
      }
    });

    if (dq_elements > 0)
      parallel_for(workspace.threads(), units, [&](std::size_t unit, std::size_t) {
        auto sum = detail::head_rows(dq, g, unit, g.width, 0, g.tokens);
        for (std::size_t run = 0; run < runs.count(); ++run)
          sum += matrix(partials + (unit * runs.count() + run) * dq_elements, g.tokens, g.width);
      });
  }

 private:
  static constexpr std::size_t few_units = 8, most_runs = 8;

  /// Numbers in a block of scores.
  template <class S>
  static constexpr std::size_t block_elements(const DotProductGeometry& g) {
    return whole_lines(std::min(g.tokens, query_block) * detail::ScoreRows<S>::padded(std::min(g.tokens, key_block)));
  }
  /// So many that a thread has some 2¹⁷ multiply-adds to do before it asks for more.
  static std::size_t tasks_a_chunk(const DotProductGeometry& g, std::size_t rows) {
    return std::max<std::size_t>(1, (std::size_t{1} << 17) / (rows * g.tokens * (g.width + g.value_width)));
  }
  /// A worker's scratch: every worker's begins at a multiple of the alignment, by which Eigen's small products choose the
  /// elements that go through registers, and so their rounding.
  static constexpr std::size_t whole_lines(std::size_t elements) {
    return (elements + Cpu::alignment - 1) / Cpu::alignment * Cpu::alignment;
  }
  static std::size_t workers(const Workspace<Cpu>& workspace, const Chunks& tasks) {
    return std::min(static_cast<std::size_t>(workspace.threads()), tasks.count());
  }
  static std::size_t length(const DotProductGeometry& g, const std::int32_t* lengths, std::size_t unit) {
    return valid_tokens(lengths, unit / g.heads, g.tokens);
  }

  /// Forward of a unit's queries, block by block.
  template <class S>
  struct Queries {
    using Rows = detail::ScoreRows<S>;
    const DotProductGeometry& g;
    TokenArray<const S> q, k, v;
    TokenArray<S> y;
    std::size_t unit, valid;  // head of a sample; its tokens that are not padding
    S* scratch;               // a block of scores, then maximum and sum of each row

    void forward(std::size_t first, S* log_sums) const {
      const std::size_t all = std::min(query_block, g.tokens - first);
      const std::size_t rows = std::min(all, valid - std::min(first, valid));
      auto out = detail::head_rows(y, g, unit, g.value_width, first, all);
      out.bottomRows(static_cast<Eigen::Index>(all - rows)).setZero();
      if (log_sums) std::fill(log_sums + first + rows, log_sums + first + all, S{0});
      if (rows > 0) {
        S *most = scratch + block_elements<S>(g), *sums = most + query_block;
        const std::size_t visible = g.causal ? first + rows : valid;
        for (std::size_t key = 0; key < visible; key += key_block)
          add_keys(first, rows, key, std::min(key_block, visible - key), most, sums);
        for (std::size_t r = 0; r < rows; ++r) {
          out.row(static_cast<Eigen::Index>(r)) /= sums[r];
          if (log_sums) log_sums[first + r] = most[r] + std::log(sums[r]);
        }
      }
    }

    /// With m the running maximum of a row: y = e^(m − m') y + Σ_j e^(s_j − m') v_j, and the sum of exponentials likewise.
    void add_keys(std::size_t first, std::size_t rows, std::size_t key, std::size_t columns, S* most, S* sums) const {
      const std::size_t stride = Rows::padded(columns);
      const auto scale = static_cast<S>(g.scale);
      auto scores = strided_matrix(scratch, rows, columns, stride);
      auto out = detail::head_rows(y, g, unit, g.value_width, first, rows);
      scores.noalias() = detail::head_rows(q, g, unit, g.width, first, rows) *
                         detail::head_rows(k, g, unit, g.width, key, columns).transpose();
      for (std::size_t r = 0; r < rows; ++r) {
        S* row = scratch + r * stride;
        const std::size_t seen = g.causal ? std::min(columns, first + r + 1 - key) : columns;
        const S largest = scale * Rows::largest(row, seen);
        if (key == 0) {
          most[r] = largest;
          sums[r] = Rows::exponentials(row, seen, columns, scale, largest);
        } else {
          const S now = std::max(most[r], largest), kept = std::exp(most[r] - now);
          sums[r] = kept * sums[r] + Rows::exponentials(row, seen, columns, scale, now);
          most[r] = now;
          if (kept != 1) out.row(static_cast<Eigen::Index>(r)) *= kept;
        }
      }
      const auto values = detail::head_rows(v, g, unit, g.value_width, key, columns);
      if (key == 0) out.noalias() = scores * values;
      else out.noalias() += scores * values;
    }
  };

  /// Backward of a unit's keys and values, block by block; what belongs to the queries is added to a dq.
  template <class S>
  struct Keys {
    using Rows = detail::ScoreRows<S>;
    const DotProductGeometry& g;
    TokenArray<const S> q, k, v, y, dy;
    TokenArray<S> dk, dv;
    std::size_t unit, valid;
    const S* log_sums;
    S* scratch;  // two blocks of scores, then δ of each query

    /// `dq`: [L, d].
    void backward(const Chunks& runs, std::size_t run, auto dq) const {
      S* delta = scratch + 2 * block_elements<S>(g);
      const std::size_t end = std::min(runs.end(run), valid);
      const std::size_t first_query = g.causal ? runs.begin(run) : 0;
      for (std::size_t i = first_query; i < valid; ++i)
        delta[i] = detail::head_rows(y, g, unit, g.value_width, i, 1)
                       .cwiseProduct(detail::head_rows(dy, g, unit, g.value_width, i, 1))
                       .sum();
      for (std::size_t key = runs.begin(run); key < end; key += key_block)
        for (std::size_t first = g.causal ? key : 0; first < valid; first += query_block)
          add_block(first, std::min(query_block, valid - first), key, std::min(key_block, end - key), delta, dq);
    }

    void add_block(std::size_t first, std::size_t rows, std::size_t key, std::size_t columns, const S* delta,
                   auto& dq) const {
      if (g.causal) columns = std::min(columns, first + rows - key);
      const std::size_t stride = Rows::padded(columns);
      S *p = scratch, *ds = scratch + block_elements<S>(g);
      auto probabilities = strided_matrix(p, rows, columns, stride),
           dscores = strided_matrix(ds, rows, columns, stride);
      const auto queries = detail::head_rows(q, g, unit, g.width, first, rows);
      const auto keys = detail::head_rows(k, g, unit, g.width, key, columns);
      const auto values = detail::head_rows(v, g, unit, g.value_width, key, columns);
      const auto dout = detail::head_rows(dy, g, unit, g.value_width, first, rows);
      const auto scale = static_cast<S>(g.scale);

      // y_i = Σ_j a_ij v_j
      dscores.noalias() = dout * values.transpose();
      // a_ij = exp(scale · q_i·k_j − log_sum_i)
      probabilities.noalias() = queries * keys.transpose();
      for (std::size_t r = 0; r < rows; ++r) {
        const std::size_t seen = g.causal ? std::min(columns, first + r + 1 - key) : columns;
        std::fill(ds + r * stride + columns, ds + (r + 1) * stride, S{0});
        Rows::exponentials(p + r * stride, seen, columns, scale, log_sums[first + r]);
        Rows::gradients(p + r * stride, ds + r * stride, columns, scale, delta[first + r]);
      }
      detail::head_rows(dv, g, unit, g.value_width, key, columns).noalias() += probabilities.transpose() * dout;
      dq.middleRows(static_cast<Eigen::Index>(first), static_cast<Eigen::Index>(rows)).noalias() += dscores * keys;
      detail::head_rows(dk, g, unit, g.width, key, columns).noalias() += dscores.transpose() * queries;
    }
  };
};

}  // namespace odot::kernels
