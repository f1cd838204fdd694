#pragma once
// SPDX-License-Identifier: MIT
// The attention-wise block on the GPU, a sample a lane: forward.

#include <cmath>
#include <cstddef>
#include <limits>

#include "odot/kernels/attention_block/lane_maps.hpp"
#include "odot/kernels/moments.hpp"

namespace odot::kernels::detail {

/// Mean and sum of squared deviations of rows of equal length, in registers.
template <class S>
struct RowMoments {
  S mean{0}, squares{0};

  /// Joins row number `before`.
  template <unsigned W>
  ODOT_HOST_DEVICE void join(const S (&row)[W], unsigned before) {
    S sum{0}, deviations{0};
    ODOT_UNROLL
    for (unsigned j = 0; j < W; ++j) sum += row[j];
    const S row_mean = sum / S(W), delta = row_mean - mean, total = S(before + 1);
    ODOT_UNROLL
    for (unsigned j = 0; j < W; ++j) deviations += (row[j] - row_mean) * (row[j] - row_mean);
    mean += delta / total;
    squares += deviations + delta * delta * (S(W) * S(before) / total);
  }
};

/// Both softmaxes of map `warp % maps` of tile `warp / maps`: their normalisers and, where wanted, A's moments.
template <class G, class S>
struct LaneStatistics {
  using M = LaneMaps<G, S>;
  M maps;
  std::size_t samples;
  Moments* moments;  // [maps, N] or null

  ODOT_HOST_DEVICE void operator()(unsigned warp, const gpu::Lane& lane) const {
    constexpr unsigned W = M::W, H = M::H, lanes = gpu::lanes;
    const unsigned tile = warp / M::maps, m = warp % M::maps;
    const S* image = maps.x + M::plane_of(tile, m % M::C, lane);
    const auto* arrays = maps.arrays + m * M::plane;
    S* logs = maps.logs + M::sums_of(tile, m, lane);
    // Phase 1: the rows' log sums, the columns' maxima.
    S column[W];
    ODOT_UNROLL
    for (unsigned j = 0; j < W; ++j) column[j] = -std::numeric_limits<S>::infinity();
    for (unsigned i = 0; i < H; ++i) {
      S score[W], most = -std::numeric_limits<S>::infinity(), sum{0};
      ODOT_UNROLL
      for (unsigned j = 0; j < W; ++j) {
        const S x = image[(i * W + j) * lanes];
        score[j] = arrays[i * W + j].x(x);
        most = greater(most, score[j]);
        column[j] = greater(column[j], arrays[i * W + j].y(x));
      }
      ODOT_UNROLL
      for (unsigned j = 0; j < W; ++j) sum += gpu::power_of_two(score[j] - most);
      logs[i * lanes] = most + std::log2(sum);
    }
    // Phase 2: the columns' log sums.
    S sum[W] = {};
    for (unsigned i = 0; i < H; ++i) {
      ODOT_UNROLL
      for (unsigned j = 0; j < W; ++j)
        sum[j] += gpu::power_of_two(arrays[i * W + j].y(image[(i * W + j) * lanes]) - column[j]);
    }
    ODOT_UNROLL
    for (unsigned j = 0; j < W; ++j) {
      column[j] += std::log2(sum[j]);
      logs[(H + j) * lanes] = column[j];
    }
    if (!moments) return;
    // Phase 3: A's moments.
    RowMoments<S> all;
    for (unsigned i = 0; i < H; ++i) {
      const S row_log = logs[i * lanes];
      S relevance[W];
      ODOT_UNROLL
      for (unsigned j = 0; j < W; ++j)
        relevance[j] = gpu::power_of_two(arrays[i * W + j].both(image[(i * W + j) * lanes]) - (row_log + column[j]));
      all.join(relevance, i);
    }
    const std::size_t n = static_cast<std::size_t>(tile) * lanes + lane.index;
    if (n < samples) moments[m * samples + n] = {M::plane, all.mean, all.squares};
  }

  ODOT_HOST_DEVICE static S greater(S a, S b) { return a > b ? a : b; }
};

/// y of some rows and columns of a tile, from the normalisers: heads go through registers, row by row, and are added to the
/// three rows of y that they touch.
template <class G, class S>
struct LaneOutput {
  using M = LaneMaps<G, S>;
  static constexpr unsigned C = M::C, H = M::H, W = M::W;
  // Columns of a warp: so many that the sums of three rows of all channels fit the registers; a multiple of 4.
  static constexpr unsigned column_parts = C == 1 ? 2 : 4;
  static constexpr unsigned columns = ((W + column_parts - 1) / column_parts + 3) / 4 * 4;
  static constexpr unsigned stripe = 7;  // rows of a warp; two more are computed
  static constexpr unsigned row_parts = (H + stripe - 1) / stripe, parts = row_parts * column_parts;

  M maps;
  LaneNorm<G, S> norm;
  const S *weight, *bias;  // [C, maps, 3, 3], [C]
  std::size_t samples;
  S* y;  // [N, C, H, W]

  std::size_t warps() const { return gpu::tiles_of(samples) * parts; }

  ODOT_HOST_DEVICE void operator()(unsigned warp, const gpu::Lane& lane) const {
    const unsigned tile = warp / parts, part = warp % parts;
    const unsigned left = part % column_parts * columns;  // may lie outside a small image
    const unsigned first = part / column_parts * stripe, end = first + stripe < H ? first + stripe : H;
    S sums[C][3][columns];  // of the rows above, at and below the head's
    ODOT_UNROLL
    for (unsigned c = 0; c < C; ++c) clear(c, sums[c][0]), clear(c, sums[c][1]), clear(c, sums[c][2]);
    for (unsigned i = first > 0 ? first - 1 : 0; i < (end < H ? end + 1 : H); ++i) {
      add_heads(tile, i, left, lane, sums);
      if (i > first) store(tile, i - 1, left, lane, sums);
      ODOT_UNROLL
      for (unsigned c = 0; c < C; ++c) {
        ODOT_UNROLL
        for (unsigned q = 0; q < columns; ++q) sums[c][0][q] = sums[c][1][q], sums[c][1][q] = sums[c][2][q];
        clear(c, sums[c][2]);
      }
    }
    if (end == H) store(tile, H - 1, left, lane, sums);
  }

  /// Row i of all heads.
  ODOT_HOST_DEVICE void add_heads(unsigned tile, unsigned i, unsigned left, const gpu::Lane& lane,
                                  S (&sums)[C][3][columns]) const {
    S x[C][columns + 2];
    ODOT_UNROLL
    for (unsigned c = 0; c < C; ++c) {
      const S* image = maps.x + M::plane_of(tile, c, lane) + i * W * gpu::lanes;
      ODOT_UNROLL
      for (unsigned q = 0; q < columns + 2; ++q) x[c][q] = inside(left, q) ? image[(left + q - 1) * gpu::lanes] : S{0};
    }
    for (unsigned h = 0; h < G::heads; ++h) {
      ODOT_UNROLL
      for (unsigned c = 0; c < C; ++c) {
        const unsigned m = h * C + c;
        const auto* arrays = maps.arrays + m * M::plane + i * W;
        const S* logs = maps.logs + M::sums_of(tile, m, lane);
        const S row_log = logs[i * gpu::lanes];
        const NormLine<S> line = norm.line(m);
        S kernel[C][9];
        ODOT_UNROLL
        for (unsigned k = 0; k < C * 9; ++k) kernel[k / 9][k % 9] = weight[(k / 9 * M::maps + m) * 9 + k % 9];
        ODOT_UNROLL
        for (unsigned q = 0; q < columns + 2; ++q) {
          if (!inside(left, q)) continue;
          const unsigned j = left + q - 1;
          const S relevance = gpu::power_of_two(arrays[j].both(x[c][q]) - (row_log + logs[(H + j) * gpu::lanes]));
          add_head(q, ((relevance - line.mean) * line.scale + line.shift) * x[c][q], kernel, sums);
        }
      }
    }
  }

  /// y(r, s) = Σ w(u, v) head(r + u − 1, s + v − 1): what a head's element at column q − 1 of the part adds.
  ODOT_HOST_DEVICE static void add_head(unsigned q, S head, const S (&kernel)[C][9], S (&sums)[C][3][columns]) {
    ODOT_UNROLL
    for (unsigned k = 0; k < C * 9; ++k) {
      const unsigned c = k / 9, u = k % 9 / 3, v = k % 3;
      if (q >= v && q - v < columns) sums[c][2 - u][q - v] += kernel[c][k % 9] * head;
    }
  }

  ODOT_HOST_DEVICE void store(unsigned tile, unsigned i, unsigned left, const gpu::Lane& lane,
                              const S (&sums)[C][3][columns]) const {
    const std::size_t n = static_cast<std::size_t>(tile) * gpu::lanes + lane.index;
    if (n >= samples || left >= W) return;
    const unsigned count = W - left < columns ? W - left : columns;
    ODOT_UNROLL
    for (unsigned c = 0; c < C; ++c) {
      S row[columns];
      const S* image = maps.x + M::plane_of(tile, c, lane) + (i * W + left) * gpu::lanes;
      ODOT_UNROLL
      for (unsigned q = 0; q < columns; ++q) {
        const S value = sums[c][0][q] + (G::skip && q < count ? image[q * gpu::lanes] : S{0});
        row[q] = G::relu && value < S{0} ? S{0} : value;
      }
      gpu::store_row(row, count, y + ((n * C + c) * H + i) * W + left);
    }
  }

  ODOT_HOST_DEVICE void clear(unsigned c, S (&row)[columns]) const {
    ODOT_UNROLL
    for (unsigned q = 0; q < columns; ++q) row[q] = bias[c];
  }
  /// Whether the part's column q − 1 is one of the image.
  ODOT_HOST_DEVICE static bool inside(unsigned left, unsigned q) { return left + q >= 1 && left + q <= W; }
};

}  // namespace odot::kernels::detail
