#pragma once
// SPDX-License-Identifier: MIT
// Dot-product attention on the GPU, backward: one team per block of queries for dq, then one per block of keys for dk
// and dv. Both compute the scores again, so that every sum is made by one team.

#include <cmath>
#include <cstddef>
#include <numbers>

#include "odot/kernels/dot_product_attention/gpu/block.hpp"
#include "odot/kernels/gpu/team.hpp"

namespace odot::kernels::detail {

/// What backward needs of a block: a_ij = exp(scale · (q_i·k_j − m_i)) / Σ_i and b_ij = a_ij (dy_i·v_j − δ_i), where
/// ds = scale · b. Both are 0 where a query does not see a key; b also where a_ij is 1, since dy_i·v_j is δ_i there
/// (NaN stays NaN).
template <class S>
struct GpuAttentionGradients {
  struct Memory {
    GpuTile<S> staged, a, b;
  };
  GpuAttention<S> in;
  TokenArray<const S> dy;
  const S* statistics;  // [N, H, 2, L]
  S* delta;             // [N, H, L]

  /// Leaves the last 32 features staged, those of the queries on the left, those of the keys on the right.
  template <class Team>
  ODOT_HOST_DEVICE void fill(const Team& team, const GpuAttentionUnit& u, const GpuScoreBlock& block,
                             Memory& memory) const {
    multiply_rows(team, u, block, in.wide(dy), in.v(), memory.staged, memory.b,
                  [&](unsigned row, unsigned quad, const Quad<S>(&products)[8]) {
                    const auto column = memory.b.column(row, quad);
                    ODOT_UNROLL
                    for (unsigned r = 0; r < 8; ++r) column[r] = products[r];
                  });
    const std::size_t start = in.place(u, block.first), statistics_start = in.statistics_place(u, block.first);
    multiply_rows(team, u, block, in.q(), in.k(), memory.staged, memory.a,
                  [&](unsigned row, unsigned quad, const Quad<S>(&products)[8]) {
                    const bool whole = block.is_whole(row, quad);
                    const S *most = statistics + statistics_start + row, *inverse = most + in.g.tokens,
                            *mean = delta + start + row;
                    const auto a_column = memory.a.column(row, quad), b_column = memory.b.column(row, quad);
                    ODOT_UNROLL
                    for (unsigned r = 0; r < 8; ++r) {
                      const bool valid = row + r < block.rows;
                      Quad<S> a = weights(products[r], valid ? most[r] : S{0}, valid ? inverse[r] : S{0});
                      if (!whole) hide(valid ? block.seen(row + r) : 0, quad, a);
                      a_column[r] = a;
                      const S subtracted = valid ? mean[r] : S{0};
                      Quad<S> b = b_column[r];
                      ODOT_UNROLL
                      for (unsigned j = 0; j < 4; ++j)
                        b.at[j] = (a.at[j] == 1 ? S{0} : a.at[j]) * (b.at[j] - subtracted);
                      b_column[r] = b;
                    }
                  });
  }

 private:
  /// Exponentials are powers of 2, which the GPU has as an instruction. The result is in [0, 1], even if the compiler
  /// computes the products in another way than forward's; NaN stays NaN.
  ODOT_HOST_DEVICE Quad<S> weights(const Quad<S>& products, S most, S inverse) const {
    const S scale = static_cast<S>(in.g.scale) * std::numbers::log2e_v<S>;
    Quad<S> a;
    ODOT_UNROLL
    for (unsigned j = 0; j < 4; ++j) {
      const S below = products.at[j] - most;
      a.at[j] = std::exp2(scale * (below > 0 ? S{0} : below)) * inverse;
    }
    return a;
  }
  static ODOT_HOST_DEVICE void hide(unsigned seen, unsigned quad, Quad<S>& a) {
    ODOT_UNROLL
    for (unsigned j = 0; j < 4; ++j)
      if (4 * quad + j >= seen) a.at[j] = 0;
  }
};

/// Four rows of a sum in device memory += factor · sums.
template <class S>
ODOT_HOST_DEVICE void add_to_rows(const GpuRows<S>& to, unsigned row, unsigned quad, S factor,
                                  const Quad<S> (&sums)[4]) {
  to.update(row, quad, true, [&](unsigned r, Quad<S>& sum) {
    ODOT_UNROLL
    for (unsigned c = 0; c < 4; ++c) sum.at[c] += factor * sums[r].at[c];
  });
}

/// dq of a block of queries: dq_i += Σ_j ds_ij k_j; and δ_i = Σ_c dy_ic y_ic.
template <class S>
struct GpuQueryGradients {
  using Memory = typename GpuAttentionGradients<S>::Memory;
  static constexpr unsigned threads = gpu_team_threads, blocks_per_processor = gpu_teams_per_processor<S>;
  GpuAttentionGradients<S> gradients;
  TokenArray<const S> y;
  TokenArray<S> dq;

  template <class Team>
  ODOT_HOST_DEVICE void operator()(const Team& team, std::size_t index, Memory& memory) const {
    const GpuAttentionUnit u = gradients.in.unit(index);
    const unsigned first = gradients.in.first(index), visible = u.visible(first);
    multiply_outputs(team, u, first);
    for (unsigned key = 0; key < visible; key += gpu_block) {
      const GpuScoreBlock block = u.block(first, key);
      gradients.fill(team, u, block, memory);
      add_keys(team, u, block, memory);
    }
  }

 private:
  template <class Team>
  ODOT_HOST_DEVICE void multiply_outputs(const Team& team, const GpuAttentionUnit& u, unsigned first) const {
    const std::size_t token = u.start + first, width = gradients.in.g.value_width, head = u.head * width;
    S* delta = gradients.delta + gradients.in.place(u, first);
    team.reduce(
        gpu_block_size(first, u.valid), width, S{0},
        [&](std::size_t r, std::size_t c) {
          return gradients.dy.data[(token + r) * gradients.dy.stride + head + c] *
                 y.data[(token + r) * y.stride + head + c];
        },
        gpu::Plus{}, [&](std::size_t r, S sum) { delta[r] = sum; });
  }

  template <class Team>
  ODOT_HOST_DEVICE void add_keys(const Team& team, const GpuAttentionUnit& u, const GpuScoreBlock& block,
                                 Memory& memory) const {
    const GpuAttention<S>& in = gradients.in;
    const bool staged = in.k().width <= gpu_features;  // right
    const unsigned begin = staged ? GpuTile<S>::quads / 2 : 0;
    for (unsigned feature = 0; feature < in.k().width; feature += gpu_block) {
      if (!staged) stage_tokens(team, u, in.k(), block.key, block.columns, feature, memory.staged);
      const GpuRows<S> to = u.rows(in.narrow(dq), block.first, block.rows, feature, gpu_block);
      const unsigned quads = to.quads();
      team.each(gpu_padded(block.rows, 4) / 4 * quads, [&](std::size_t i) {
        const unsigned row = static_cast<unsigned>(i) / quads * 4, quad = static_cast<unsigned>(i) % quads;
        Quad<S> sums[4] = {};
        add_weighted_rows(memory.b, memory.staged, gpu_padded(block.seen(row + 3), 16), row, begin + quad, sums);
        add_to_rows(to, row, quad, static_cast<S>(in.g.scale), sums);
      });
    }
  }
};

/// dk and dv of a block of keys: dk_j += Σ_i ds_ij q_i,  dv_j += Σ_i a_ij dy_i.
template <class S>
struct GpuKeyGradients {
  using Memory = typename GpuAttentionGradients<S>::Memory;
  static constexpr unsigned threads = gpu_team_threads, blocks_per_processor = gpu_teams_per_processor<S>;
  GpuAttentionGradients<S> gradients;
  TokenArray<S> dk, dv;

  template <class Team>
  ODOT_HOST_DEVICE void operator()(const Team& team, std::size_t index, Memory& memory) const {
    const GpuAttention<S>& in = gradients.in;
    const GpuAttentionUnit u = in.unit(index);
    const unsigned key = in.first(index);
    for (unsigned first = u.causal ? key : 0; key < u.valid && first < u.valid; first += gpu_block) {
      const GpuScoreBlock block = u.block(first, key);
      gradients.fill(team, u, block, memory);
      // One after the other: dk and dv may be one array.
      const bool staged = in.q().width <= gpu_features;  // left
      add_queries(team, u, block, in.q(), dk, staged, static_cast<S>(in.g.scale), memory.b, memory.staged);
      add_queries(team, u, block, in.wide(gradients.dy), dv, false, S{1}, memory.a, memory.staged);
    }
  }

 private:
  /// to_j += factor Σ_i weights_ij from_i
  template <class Team>
  ODOT_HOST_DEVICE void add_queries(const Team& team, const GpuAttentionUnit& u, const GpuScoreBlock& block,
                                    const GpuHeads<const S>& from, const TokenArray<S>& to, bool is_staged, S factor,
                                    const GpuTile<S>& weights, GpuTile<S>& staged) const {
    for (unsigned feature = 0; feature < from.width; feature += gpu_block) {
      if (!is_staged) stage_tokens(team, u, from, block.first, block.rows, feature, staged);
      const GpuRows<S> out = u.rows(GpuHeads<S>{to, from.width}, block.key, block.columns, feature, gpu_block);
      const unsigned quads = out.quads();
      team.each(gpu_padded(block.columns, 4) / 4 * quads, [&](std::size_t i) {
        const unsigned row = static_cast<unsigned>(i) / quads, quad = static_cast<unsigned>(i) % quads;
        Quad<S> sums[4] = {};
        add_weighted_columns(weights, staged, block.first_to_see(4 * row) / 8 * 8, gpu_padded(block.rows, 8), row, quad,
                             sums);
        add_to_rows(out, 4 * row, quad, factor, sums);
      });
    }
  }
};

}  // namespace odot::kernels::detail
