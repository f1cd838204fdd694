#pragma once
// SPDX-License-Identifier: MIT
// Dot-product attention on the GPU: a team a block of queries, or in backward of keys, of one head of one sample. The
// block's scores lie in the team's memory; backward makes them again, once for the queries and once for the keys, so that
// every sum has one owner.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "odot/kernels/dot_product_attention/dot_product_attention.hpp"
#include "odot/kernels/gpu/launch.hpp"
#include "odot/kernels/lengths/lengths.hpp"

namespace odot::kernels {

namespace detail {

inline constexpr std::size_t gpu_queries = 32, gpu_keys = 64;  // of a block
static_assert(gpu_keys % gpu_queries == 0, "then a query sees a key of every block that its causal block visits");

/// One head of one sample, its arrays and its tokens.
struct GpuAttentionUnit {
  std::size_t number;       // sample · heads + head
  std::size_t start, head;  // the sample's first token
  std::size_t valid;        // tokens that are not padding
  bool causal;

  /// The head's features of a token.
  template <class S>
  ODOT_HOST_DEVICE S* row(const TokenArray<S>& array, std::size_t width, std::size_t token) const {
    return array.data + (start + token) * array.stride + head * width;
  }
  /// Keys that a query sees, of `count` from `key` on.
  ODOT_HOST_DEVICE std::size_t seen(std::size_t query, std::size_t key, std::size_t count) const {
    if (!causal) return count;
    const std::size_t before = query < key ? 0 : query + 1 - key;
    return before < count ? before : count;
  }
};

/// What all passes are handed.
template <class S>
struct GpuAttention {
  DotProductGeometry g;
  TokenArray<const S> q, k, v;
  const std::int32_t* lengths;

  ODOT_HOST_DEVICE GpuAttentionUnit unit(std::size_t number) const {
    const std::size_t sample = number / g.heads;
    return {number, sample * g.tokens, number % g.heads, valid_tokens(lengths, sample, g.tokens), g.causal};
  }
  /// Tokens of a block of at most `most` from `first` on.
  static ODOT_HOST_DEVICE std::size_t block(std::size_t first, std::size_t end, std::size_t most) {
    return first >= end ? 0 : end - first < most ? end - first : most;
  }
  static ODOT_HOST_DEVICE S dot(const S* a, const S* b, std::size_t width) {
    S sum{0};
    for (std::size_t t = 0; t < width; ++t) sum += a[t] * b[t];
    return sum;
  }
  /// scale · q_i·k_j
  ODOT_HOST_DEVICE S score(const GpuAttentionUnit& u, std::size_t query, std::size_t key) const {
    return static_cast<S>(g.scale) * dot(u.row(q, g.width, query), u.row(k, g.width, key), g.width);
  }
};

/// Outputs of a block of queries. With m the running maximum of a row: y = e^(m − m') y + Σ_j e^(s_j − m') v_j, and the sum
/// of exponentials likewise.
template <class S>
struct GpuAttentionForward {
  struct Memory {
    S scores[gpu_queries * gpu_keys], most[gpu_queries], sum[gpu_queries], kept[gpu_queries];
  };
  GpuAttention<S> in;
  TokenArray<S> y;
  S* log_sums;  // may be null

  template <class Team>
  ODOT_HOST_DEVICE void operator()(const Team& team, std::size_t index, Memory& memory) const {
    const DotProductGeometry& g = in.g;
    const std::size_t blocks = (g.tokens + gpu_queries - 1) / gpu_queries, first = index % blocks * gpu_queries;
    const GpuAttentionUnit u = in.unit(index / blocks);
    const std::size_t all = in.block(first, g.tokens, gpu_queries), rows = in.block(first, u.valid, gpu_queries);
    const std::size_t visible = rows == 0 ? 0 : g.causal ? first + rows : u.valid;
    for (std::size_t key = 0; key < visible; key += gpu_keys)
      add_keys(team, u, first, rows, key, in.block(key, visible, gpu_keys), memory);
    team.each(all * g.value_width, [&](std::size_t i) {
      const std::size_t r = i / g.value_width;
      S& out = u.row(y, g.value_width, first + r)[i % g.value_width];
      out = r < rows ? out / memory.sum[r] : S{0};
    });
    team.each(log_sums ? all : 0, [&](std::size_t r) {
      log_sums[u.number * g.tokens + first + r] = r < rows ? memory.most[r] + std::log(memory.sum[r]) : S{0};
    });
  }

  template <class Team>
  ODOT_HOST_DEVICE void add_keys(const Team& team, const GpuAttentionUnit& u, std::size_t first, std::size_t rows,
                                 std::size_t key, std::size_t columns, Memory& memory) const {
    constexpr S nothing = -std::numeric_limits<S>::infinity();
    const std::size_t width = in.g.value_width;
    team.each(rows * columns, [&](std::size_t i) {
      const std::size_t query = first + i / columns, j = i % columns;
      memory.scores[i] = j < u.seen(query, key, columns) ? in.score(u, query, key + j) : nothing;
    });
    team.reduce(
        rows, columns, nothing, [&](std::size_t r, std::size_t j) { return memory.scores[r * columns + j]; },
        gpu::Maximum{},
        [&](std::size_t r, S largest) {
          const S now = key == 0 ? largest : gpu::Maximum()(memory.most[r], largest);
          memory.kept[r] = key == 0 ? S{0} : std::exp(memory.most[r] - now);
          memory.most[r] = now;
        });
    team.each(rows * columns,
              [&](std::size_t i) { memory.scores[i] = std::exp(memory.scores[i] - memory.most[i / columns]); });
    team.reduce(
        rows, columns, S{0}, [&](std::size_t r, std::size_t j) { return memory.scores[r * columns + j]; }, gpu::Plus{},
        [&](std::size_t r, S sum) { memory.sum[r] = key == 0 ? sum : memory.kept[r] * memory.sum[r] + sum; });
    team.each(rows * width, [&](std::size_t i) {
      const std::size_t r = i / width, c = i % width, seen = u.seen(first + r, key, columns);
      S sum{0};
      for (std::size_t j = 0; j < seen; ++j) sum += memory.scores[r * columns + j] * u.row(in.v, width, key + j)[c];
      S& out = u.row(y, width, first + r)[c];
      out = key == 0 ? sum : memory.kept[r] * out + sum;
    });
  }
};

/// What backward needs of a block of queries and keys: a_ij = exp(scale · q_i·k_j − log_sum_i) and
/// ds_ij = scale · a_ij (dy_i·v_j − δ_i).
template <class S>
struct GpuAttentionGradients {
  struct Memory {
    S a[gpu_queries * gpu_keys], ds[gpu_queries * gpu_keys];
  };
  GpuAttention<S> in;
  TokenArray<const S> dy;
  const S *log_sums, *delta;  // [N, H, L]

  template <class Team>
  ODOT_HOST_DEVICE void fill(const Team& team, const GpuAttentionUnit& u, std::size_t first, std::size_t rows,
                             std::size_t key, std::size_t columns, Memory& memory) const {
    const DotProductGeometry& g = in.g;
    team.each(rows * columns, [&](std::size_t i) {
      const std::size_t query = first + i / columns, j = i % columns, at = u.number * g.tokens + query;
      const bool sees = j < u.seen(query, key, columns);
      const S a = sees ? std::exp(in.score(u, query, key + j) - log_sums[at]) : S{0};
      const S da = sees ? in.dot(u.row(dy, g.value_width, query), u.row(in.v, g.value_width, key + j), g.value_width)
                        : delta[at];
      memory.a[i] = a;
      memory.ds[i] = static_cast<S>(g.scale) * a * (da - delta[at]);
    });
  }
};

/// dq of a block of queries: dq_i += Σ_j ds_ij k_j.
template <class S>
struct GpuQueryGradients {
  using Memory = typename GpuAttentionGradients<S>::Memory;
  GpuAttentionGradients<S> gradients;
  TokenArray<S> dq;

  template <class Team>
  ODOT_HOST_DEVICE void operator()(const Team& team, std::size_t index, Memory& memory) const {
    const GpuAttention<S>& in = gradients.in;
    const std::size_t width = in.g.width, blocks = (in.g.tokens + gpu_queries - 1) / gpu_queries;
    const std::size_t first = index % blocks * gpu_queries;
    const GpuAttentionUnit u = in.unit(index / blocks);
    const std::size_t rows = in.block(first, u.valid, gpu_queries);
    const std::size_t visible = rows == 0 ? 0 : in.g.causal ? first + rows : u.valid;
    for (std::size_t key = 0; key < visible; key += gpu_keys) {
      const std::size_t columns = in.block(key, visible, gpu_keys);
      gradients.fill(team, u, first, rows, key, columns, memory);
      team.each(rows * width, [&](std::size_t i) {
        const std::size_t r = i / width, c = i % width, seen = u.seen(first + r, key, columns);
        S sum{0};
        for (std::size_t j = 0; j < seen; ++j) sum += memory.ds[r * columns + j] * u.row(in.k, width, key + j)[c];
        u.row(dq, width, first + r)[c] += sum;
      });
    }
  }
};

/// dk and dv of a block of keys: dk_j += Σ_i ds_ij q_i,  dv_j += Σ_i a_ij dy_i.
template <class S>
struct GpuKeyGradients {
  using Memory = typename GpuAttentionGradients<S>::Memory;
  GpuAttentionGradients<S> gradients;
  TokenArray<S> dk, dv;

  template <class Team>
  ODOT_HOST_DEVICE void operator()(const Team& team, std::size_t index, Memory& memory) const {
    const GpuAttention<S>& in = gradients.in;
    const DotProductGeometry& g = in.g;
    const std::size_t blocks = (g.tokens + gpu_keys - 1) / gpu_keys, key = index % blocks * gpu_keys;
    const GpuAttentionUnit u = in.unit(index / blocks);
    const std::size_t columns = in.block(key, u.valid, gpu_keys);
    for (std::size_t first = g.causal ? key : 0; columns > 0 && first < u.valid; first += gpu_queries) {
      const std::size_t rows = in.block(first, u.valid, gpu_queries);
      gradients.fill(team, u, first, rows, key, columns, memory);
      // Two steps: dk and dv may be one array.
      add(team, u, {in.q, dk, g.width}, first, rows, key, columns, memory.ds);
      add(team, u, {gradients.dy, dv, g.value_width}, first, rows, key, columns, memory.a);
    }
  }

 private:
  struct Rows {
    TokenArray<const S> from;
    TokenArray<S> to;
    std::size_t width;
  };
  /// to_j += Σ_i factors_ij from_i
  template <class Team>
  ODOT_HOST_DEVICE void add(const Team& team, const GpuAttentionUnit& u, const Rows& arrays, std::size_t first,
                            std::size_t rows, std::size_t key, std::size_t columns, const S* factors) const {
    team.each(columns * arrays.width, [&](std::size_t i) {
      const std::size_t j = i / arrays.width, c = i % arrays.width;
      const std::size_t before = u.causal && key + j > first ? key + j - first : 0;  // queries that do not see it
      S sum{0};
      for (std::size_t r = before; r < rows; ++r)
        sum += factors[r * columns + j] * u.row(arrays.from, arrays.width, first + r)[c];
      u.row(arrays.to, arrays.width, key + j)[c] += sum;
    });
  }
};

}  // namespace detail

template <>
struct DotProductAttention<Gpu> {
  template <class S>
  static void forward(Workspace<Gpu>&, const DotProductGeometry& g, std::size_t samples, TokenArray<const S> q,
                      TokenArray<const S> k, TokenArray<const S> v, const std::int32_t* lengths, TokenArray<S> y,
                      S* log_sums) {
    gpu::launch_teams(samples * g.heads * blocks(g, detail::gpu_queries),
                      detail::GpuAttentionForward<S>{{g, q, k, v, lengths}, y, log_sums});
  }

  template <class S>
  static void backward(Workspace<Gpu>& workspace, const DotProductGeometry& g, std::size_t samples,
                       TokenArray<const S> q, TokenArray<const S> k, TokenArray<const S> v, const std::int32_t* lengths,
                       TokenArray<const S> y, const S* log_sums, TokenArray<const S> dy, TokenArray<S> dq,
                       TokenArray<S> dk, TokenArray<S> dv) {
    auto frame = workspace.frame();
    const std::size_t tokens = samples * g.tokens, units = samples * g.heads;
    S* delta = frame.template take<S>(tokens * g.heads);
    output_products(g, units, y, dy, delta);
    // Gradients that share memory may all be added.
    zero(tokens, g.heads * g.width, dq);
    zero(tokens, g.heads * g.width, dk);
    zero(tokens, g.heads * g.value_width, dv);
    const detail::GpuAttentionGradients<S> gradients{{g, q, k, v, lengths}, dy, log_sums, delta};
    gpu::launch_teams(units * blocks(g, detail::gpu_queries), detail::GpuQueryGradients<S>{gradients, dq});
    gpu::launch_teams(units * blocks(g, detail::gpu_keys), detail::GpuKeyGradients<S>{gradients, dk, dv});
  }

  /// delta [N, H, L]: δ_i = Σ_c dy_ic y_ic
  template <class S>
  static void output_products(const DotProductGeometry& g, std::size_t units, TokenArray<const S> y,
                              TokenArray<const S> dy, S* delta) {
    const detail::GpuAttention<S> attention{g, {}, {}, {}, nullptr};
    gpu::for_each_index(units * g.tokens, [=] ODOT_HOST_DEVICE(std::size_t i) {
      const std::size_t token = i % g.tokens, width = g.value_width;
      const detail::GpuAttentionUnit u = attention.unit(i / g.tokens);
      delta[i] = attention.dot(u.row(y, width, token), u.row(dy, width, token), width);
    });
  }

  template <class S>
  static void zero(std::size_t tokens, std::size_t width, TokenArray<S> array) {
    gpu::for_each_index(tokens * width, [=] ODOT_HOST_DEVICE(std::size_t i) {
      array.data[i / width * array.stride + i % width] = S{0};
    });
  }

  static constexpr std::size_t blocks(const DotProductGeometry& g, std::size_t size) {
    return (g.tokens + size - 1) / size;
  }
};

}  // namespace odot::kernels
