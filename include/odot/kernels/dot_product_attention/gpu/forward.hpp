#pragma once
// SPDX-License-Identifier: MIT
// Dot-product attention on the GPU, forward: one team per block of queries, over its blocks of keys.

#include <cmath>
#include <cstddef>
#include <limits>
#include <numbers>

#include "odot/kernels/dot_product_attention/gpu/block.hpp"

namespace odot::kernels::detail {

/// Outputs of a block of queries. With m the running maximum of a row: y = e^(m − m') y + Σ_j e^(s_j − m') v_j, and the
/// sum of exponentials likewise. All exponentials are powers of 2, which the GPU has as an instruction, of scale · (s −
/// m). The subtraction comes first, so that the exponent is never above 0 (../cpu/score_rows.hpp).
template <class S>
struct GpuAttentionForward {
  static constexpr unsigned threads = gpu_team_threads, blocks_per_processor = gpu_teams_per_processor<S>;
  static constexpr unsigned parts = 4;  // of a row in the softmax, one item each
  struct Memory {
    GpuTile<S> staged, scores;
    S part_largest[parts][gpu_block], part_sum[parts][gpu_block];
    S most[gpu_block], kept[gpu_block], factor[gpu_block];
    double sum[gpu_block];  // one addition per block: many of them would cost a float its precision
  };
  GpuAttention<S> in;
  TokenArray<S> y;
  S* statistics;  // may be null

  template <class Team>
  ODOT_HOST_DEVICE void operator()(const Team& team, std::size_t index, Memory& memory) const {
    const GpuAttentionUnit u = in.unit(index);
    const unsigned first = in.first(index), visible = u.visible(first);
    for (unsigned key = 0; key < visible; key += gpu_block) {
      const GpuScoreBlock b = u.block(first, key);
      fill_scores(team, u, b, memory);
      softmax(team, b, key + gpu_block >= visible, memory);
      add_values(team, u, b, memory);
    }
    finish(team, u, first, memory);
  }

 private:
  /// q_i·k_j, −∞ where i does not see j.
  template <class Team>
  ODOT_HOST_DEVICE void fill_scores(const Team& team, const GpuAttentionUnit& u, const GpuScoreBlock& b,
                                    Memory& memory) const {
    multiply_rows(team, u, b, in.q(), in.k(), memory.staged, memory.scores,
                  [&](unsigned row, unsigned quad, Quad<S>(&products)[8]) {
                    const bool whole = b.is_whole(row, quad);
                    const auto scores = memory.scores.column(row, quad);
                    ODOT_UNROLL
                    for (unsigned r = 0; r < 8; ++r) {
                      if (!whole) hide(b.seen(row + r), quad, products[r]);
                      scores[r] = products[r];
                    }
                  });
  }
  static ODOT_HOST_DEVICE void hide(unsigned seen, unsigned quad, Quad<S>& scores) {
    ODOT_UNROLL
    for (unsigned j = 0; j < 4; ++j)
      if (4 * quad + j >= seen) scores.at[j] = -std::numeric_limits<S>::infinity();
  }

  /// Turns scores into e^(scale · (s_ij − m_i)). An item takes every fourth quad of a row; neighbouring items are four
  /// rows apart, and so in different banks.
  template <class Team>
  ODOT_HOST_DEVICE void softmax(const Team& team, const GpuScoreBlock& b, bool last, Memory& memory) const {
    const S scale = static_cast<S>(in.g.scale) * std::numbers::log2e_v<S>;
    const auto exponential = [scale](S s, S most) { return std::exp2(scale * (s - most)); };
    const auto each_part = [&](const auto& body) {
      team.each(gpu_block * parts, [&](std::size_t i) {
        const unsigned item = static_cast<unsigned>(i), row = item % 16 * 4 + item / 16 % 4;
        if (row < b.rows) body(row, item / gpu_block);
      });
    };
    each_part([&](unsigned row, unsigned part) {
      S most = std::numeric_limits<S>::lowest();  // finite where all scores are −∞
      for_numbers(memory.scores, row, part, [&](S& s) { most = std::fmax(most, s); });
      memory.part_largest[part][row] = most;
    });
    each_part([&](unsigned row, unsigned part) {
      const S most = largest(memory, b, row);
      S sum{0};
      for_numbers(memory.scores, row, part, [&](S& s) { sum += s = exponential(s, most); });
      memory.part_sum[part][row] = sum;
    });
    team.each(b.rows, [&](std::size_t i) {
      const unsigned row = static_cast<unsigned>(i);
      const S most = largest(memory, b, row), kept = b.key == 0 ? S{0} : exponential(memory.most[row], most);
      double sum = b.key == 0 ? 0 : static_cast<double>(kept) * memory.sum[row];
      for (unsigned part = 0; part < parts; ++part) sum += static_cast<double>(memory.part_sum[part][row]);
      memory.most[row] = most;
      memory.sum[row] = sum;
      memory.factor[row] = last ? static_cast<S>(1 / sum) : S{1};
      memory.kept[row] = kept * memory.factor[row];
    });
  }
  template <class Body>
  static ODOT_HOST_DEVICE void for_numbers(GpuTile<S>& tile, unsigned row, unsigned part, const Body& body) {
    ODOT_UNROLL
    for (unsigned t = 0; t < GpuTile<S>::quads / parts; ++t) {
      Quad<S> quad = tile(row, parts * t + part);
      ODOT_UNROLL
      for (unsigned j = 0; j < 4; ++j) body(quad.at[j]);
      tile(row, parts * t + part) = quad;
    }
  }
  /// The running maximum with this block's scores.
  static ODOT_HOST_DEVICE S largest(const Memory& memory, const GpuScoreBlock& b, unsigned row) {
    S most = b.key == 0 ? memory.part_largest[0][row] : memory.most[row];
    for (unsigned part = 0; part < parts; ++part) most = std::fmax(most, memory.part_largest[part][row]);
    return most;
  }

  /// y_i = kept_i y_i + factor_i Σ_j a_ij v_j
  template <class Team>
  ODOT_HOST_DEVICE void add_values(const Team& team, const GpuAttentionUnit& u, const GpuScoreBlock& b,
                                   Memory& memory) const {
    const GpuHeads<const S> v = in.v();
    for (unsigned feature = 0; feature < v.width; feature += gpu_block) {
      stage_tokens(team, u, v, b.key, b.columns, feature, memory.staged);
      const GpuRows<S> out = u.rows(in.wide(y), b.first, b.rows, feature, gpu_block);
      const unsigned quads = out.quads();
      team.each(gpu_padded(b.rows, 4) / 4 * quads, [&](std::size_t i) {
        const unsigned row = static_cast<unsigned>(i) / quads * 4, quad = static_cast<unsigned>(i) % quads;
        Quad<S> sums[4] = {};
        add_weighted_rows(memory.scores, memory.staged, gpu_padded(b.seen(row + 3), 16), row, quad, sums);
        out.update(row, quad, b.key > 0, [&](unsigned r, Quad<S>& values) {
          const S kept = memory.kept[row + r], factor = memory.factor[row + r];
          ODOT_UNROLL
          for (unsigned c = 0; c < 4; ++c) values.at[c] = kept * values.at[c] + factor * sums[r].at[c];
        });
      });
    }
  }

  /// The rest: outputs of padding, and statistics.
  template <class Team>
  ODOT_HOST_DEVICE void finish(const Team& team, const GpuAttentionUnit& u, unsigned first,
                               const Memory& memory) const {
    const unsigned all = gpu_block_size(first, static_cast<unsigned>(in.g.tokens)),
                   rows = gpu_block_size(first, u.valid);
    const std::size_t width = in.g.value_width;
    team.each((all - rows) * width, [&](std::size_t i) {
      y.data[(u.start + first + rows + i / width) * y.stride + u.head * width + i % width] = S{0};
    });
    team.each(statistics ? all : 0, [&](std::size_t r) {
      S* most = statistics + in.statistics_place(u, first) + r;
      most[0] = r < rows ? memory.most[r] : S{0};
      most[in.g.tokens] = r < rows ? memory.factor[r] : S{0};
    });
  }
};

}  // namespace odot::kernels::detail
