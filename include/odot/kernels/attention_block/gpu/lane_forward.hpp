#pragma once
// SPDX-License-Identifier: MIT
// The attention-wise block on the GPU, one lane per sample: forward.

#include <cmath>
#include <cstddef>
#include <limits>

#include "odot/kernels/attention_block/gpu/lane_maps.hpp"
#include "odot/kernels/moments.hpp"

namespace odot::kernels::detail {

/// A row of a part of a map, read while the previous row is being computed.
template <class G, class S, unsigned Columns>
struct LaneRow {
  using Arrays = typename LaneMaps<G, S>::Arrays;
  S x[Columns] = {};
  Arrays arrays[Columns] = {};

  ODOT_HOST_DEVICE void load(const S* image, const Arrays* from, unsigned width) {
    ODOT_UNROLL
    for (unsigned q = 0; q < Columns; ++q)
      if (G::W % Columns == 0 || q < width) x[q] = image[q * gpu::lanes], arrays[q] = from[q];
  }

  /// body(i, row i) for all rows of the part's columns, which begin at `image` and `from`.
  template <class Body>
  ODOT_HOST_DEVICE static void each(const S* image, const Arrays* from, unsigned width, const Body& body) {
    constexpr unsigned H = G::H, W = G::W;
    LaneRow row;
    row.load(image, from, width);
    for (unsigned i = 0; i < H; ++i) {
      LaneRow next = row;
      if (i + 1 < H) next.load(image + (i + 1) * W * gpu::lanes, from + (i + 1) * W, width);
      body(i, row);
      row = next;
    }
  }
};

/// First pass, one warp per part of a tile's map: log2 Σ 2^score of the part's columns, and of its piece of every row.
template <class G, class S>
struct LaneNormalisers {
  using M = LaneMaps<G, S>;
  using Parts = typename M::Wide;
  static constexpr unsigned H = M::H, W = M::W, columns = Parts::columns, parts = Parts::parts;
  using Row = LaneRow<G, S, columns>;
  M maps;
  S* pieces;  // [tiles, maps, parts, H, 32]

  ODOT_HOST_DEVICE void operator()(unsigned warp, const gpu::Lane& lane) const {
    const unsigned tile = warp / parts / M::maps, m = warp / parts % M::maps, left = warp % parts * columns;
    const unsigned width = Parts::width(left);
    const S* image = maps.x + M::plane_of(tile, m % M::C, lane) + left * gpu::lanes;
    const auto* arrays = maps.arrays + m * M::plane + left;
    S* row_logs = pieces + static_cast<std::size_t>(warp) * H * gpu::lanes + lane.index;
    constexpr S lowest = -std::numeric_limits<S>::infinity();
    // Phase 1: the rows' log sums, the columns' maxima.
    S column[columns];
    gpu::LongSum<S, H> sum[columns] = {};
    ODOT_UNROLL
    for (unsigned q = 0; q < columns; ++q) column[q] = lowest;
    Row::each(image, arrays, width, [&](unsigned i, const Row& row) {
      S most = lowest, total{0};
      ODOT_UNROLL
      for (unsigned q = 0; q < columns; ++q)
        if (Parts::present(left, q)) {
          most = larger(most, row.arrays[q].x(row.x[q]));
          column[q] = larger(column[q], row.arrays[q].y(row.x[q]));
        }
      ODOT_UNROLL
      for (unsigned q = 0; q < columns; ++q)
        if (Parts::present(left, q)) total += gpu::power_of_two(row.arrays[q].x(row.x[q]) - most);
      row_logs[i * gpu::lanes] = most + std::log2(total);
    });
    // Phase 2: the columns' log sums.
    Row::each(image, arrays, width, [&](unsigned, const Row& row) {
      ODOT_UNROLL
      for (unsigned q = 0; q < columns; ++q)
        if (Parts::present(left, q)) sum[q] += gpu::power_of_two(row.arrays[q].y(row.x[q]) - column[q]);
    });
    S* logs = maps.logs + M::sums_of(tile, m, lane) + (H + left) * gpu::lanes;
    ODOT_UNROLL
    for (unsigned q = 0; q < columns; ++q)
      if (Parts::present(left, q)) logs[q * gpu::lanes] = column[q] + std::log2(static_cast<S>(sum[q]));
  }
};

/// Mean and sum of squared deviations of A over some columns.
template <class S>
struct LaneMoment {
  S mean, squares;
};

/// Second pass: the moments of the part's A.
template <class G, class S>
struct LaneMoments {
  using M = LaneMaps<G, S>;
  using Parts = typename M::Wide;
  static constexpr unsigned H = M::H, W = M::W, columns = Parts::columns, parts = Parts::parts;
  static constexpr unsigned blocks_per_processor = M::C == 1 ? 4 : 1;  // as many as the registers suffice for
  using Row = LaneRow<G, S, columns>;
  M maps;
  std::size_t samples;
  LaneMoment<S>* moments;  // [maps, parts, N]

  ODOT_HOST_DEVICE void operator()(unsigned warp, const gpu::Lane& lane) const {
    const unsigned map = warp / parts, part = warp % parts, left = part * columns;
    const unsigned tile = map / M::maps, m = map % M::maps;
    const S* logs = maps.logs + M::sums_of(tile, m, lane);
    S column[columns] = {};
    ODOT_UNROLL
    for (unsigned q = 0; q < columns; ++q)
      if (Parts::present(left, q)) column[q] = logs[(H + left + q) * gpu::lanes];
    LaneMoment<S> moment{S{0}, S{0}};
    const S* image = maps.x + M::plane_of(tile, m % M::C, lane) + left * gpu::lanes;
    S row_log = logs[0], most_column{0};
    ODOT_UNROLL
    for (unsigned q = 0; q < columns; ++q) most_column = larger(most_column, std::fabs(column[q]));
    Row::each(image, maps.arrays + m * M::plane + left, Parts::width(left), [&](unsigned i, const Row& row) {
      const S next_log = logs[(i + 1 < H ? i + 1 : i) * gpu::lanes];
      S relevance[columns] = {};
      ODOT_UNROLL
      for (unsigned q = 0; q < columns; ++q)
        if (Parts::present(left, q))
          relevance[q] = gpu::power_of_two(row.arrays[q].both(row.x[q]) - (row_log + column[q]));
      if (M::are_large(std::fabs(row_log) + most_column)) {
        ODOT_UNROLL
        for (unsigned q = 0; q < columns; ++q)
          if (Parts::present(left, q)) relevance[q] = maps.exact_relevance(tile, m, i, left + q, row.x[q], lane);
      }
      join(relevance, left, i, moment);
      row_log = next_log;
    });
    const std::size_t n = static_cast<std::size_t>(tile) * gpu::lanes + lane.index;
    if (n < samples) moments[(m * parts + part) * samples + n] = moment;
  }

  /// Joins row i to the rows before it.
  ODOT_HOST_DEVICE static void join(const S (&row)[columns], unsigned left, unsigned i, LaneMoment<S>& moment) {
    S sum{0}, deviations{0};
    ODOT_UNROLL
    for (unsigned q = 0; q < columns; ++q) sum += row[q];
    const S count = S(Parts::width(left)), row_mean = sum / count, delta = row_mean - moment.mean, rows = S(i + 1);
    ODOT_UNROLL
    for (unsigned q = 0; q < columns; ++q)
      if (Parts::present(left, q)) deviations += (row[q] - row_mean) * (row[q] - row_mean);
    moment.mean += delta / rows;
    moment.squares += deviations + delta * delta * (count * S(i) / rows);
  }
};

/// y of some rows and columns of a tile, from the normalisers: heads go through registers, row by row, and are added to
/// the three rows of y that they touch.
template <class G, class S>
struct LaneOutput {
  using M = LaneMaps<G, S>;
  static constexpr unsigned C = M::C, H = M::H, W = M::W;
  using Parts = typename M::Narrow;
  static constexpr unsigned columns = Parts::columns;
  static constexpr unsigned stripe = C == 1 ? 7 : 4;  // rows of a warp; two more are computed
  static constexpr unsigned parts = (H + stripe - 1) / stripe * Parts::parts;

  static constexpr unsigned blocks_per_processor = C == 1 ? 4 : 1;  // as many as the registers suffice for
  M maps;
  LaneNorm<G, S> norm;
  const S *weight, *bias;  // [C, maps, 3, 3], [C]
  std::size_t samples;
  S* y;  // [N, C, H, W]

  /// What a map's row needs besides x, read while the previous map is being computed.
  struct MapRow {
    typename M::Arrays arrays[columns + 2] = {};
    S log[columns + 2] = {};  // of the row and the column
    S most{0};                // |log| of the row and the largest of the columns

    ODOT_HOST_DEVICE void load(const M& maps, unsigned tile, unsigned m, unsigned i, unsigned left,
                               const gpu::Lane& lane) {
      const auto* from = maps.arrays + m * M::plane + i * W;
      const S* logs = maps.logs + M::sums_of(tile, m, lane);
      const S row_log = logs[i * gpu::lanes];
      most = S{0};
      ODOT_UNROLL
      for (unsigned q = 0; q < columns + 2; ++q)
        if (Parts::beside(left, q)) {
          const S column_log = logs[(H + left + q - 1) * gpu::lanes];
          arrays[q] = from[left + q - 1];
          log[q] = row_log + column_log;
          most = larger(most, std::fabs(column_log));
        }
      most += std::fabs(row_log);
    }
  };

  std::size_t warps() const { return gpu::tiles_of(samples) * parts; }

  ODOT_HOST_DEVICE void operator()(unsigned warp, const gpu::Lane& lane) const {
    const unsigned tile = warp / parts, part = warp % parts, left = part % Parts::parts * columns;
    const unsigned first = part / Parts::parts * stripe, end = first + stripe < H ? first + stripe : H;
    const unsigned begin = first > 0 ? first - 1 : 0, stop = end < H ? end + 1 : H;
    S sums[C][3][columns];  // of the rows above, at and below the head's
    ODOT_UNROLL
    for (unsigned c = 0; c < C; ++c) clear(c, sums[c][0]), clear(c, sums[c][1]), clear(c, sums[c][2]);
    MapRow row;
    row.load(maps, tile, 0, begin, left, lane);
    for (unsigned i = begin; i < stop; ++i) {
      add_heads(tile, i, i + 1 < stop ? i + 1 : i, left, lane, row, sums);
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

  /// Row i of all heads. `row` is this row of map 0, and afterwards row `next` of it.
  ODOT_HOST_DEVICE void add_heads(unsigned tile, unsigned i, unsigned next, unsigned left, const gpu::Lane& lane,
                                  MapRow& row, S (&sums)[C][3][columns]) const {
    S x[C][columns + 2];
    ODOT_UNROLL
    for (unsigned c = 0; c < C; ++c) {
      const S* image = maps.x + M::plane_of(tile, c, lane) + i * W * gpu::lanes;
      ODOT_UNROLL
      for (unsigned q = 0; q < columns + 2; ++q)
        x[c][q] = Parts::beside(left, q) ? image[(left + q - 1) * gpu::lanes] : S{0};
    }
    for (unsigned h = 0; h < G::heads; ++h) {
      ODOT_UNROLL
      for (unsigned c = 0; c < C; ++c) {
        const unsigned m = h * C + c;
        const bool last = m + 1 == M::maps;
        MapRow after = row;
        after.load(maps, tile, last ? 0 : m + 1, last ? next : i, left, lane);
        const NormLine<S> line = norm.line(m);
        const bool large = M::are_large(row.most);
        S kernel[C][9];
        ODOT_UNROLL
        for (unsigned k = 0; k < C * 9; ++k) kernel[k / 9][k % 9] = weight[(k / 9 * M::maps + m) * 9 + k % 9];
        ODOT_UNROLL
        for (unsigned q = 0; q < columns + 2; ++q) {
          if (!Parts::beside(left, q)) continue;
          S relevance = gpu::power_of_two(row.arrays[q].both(x[c][q]) - row.log[q]);
          if (large) relevance = maps.exact_relevance(tile, m, i, left + q - 1, x[c][q], lane);
          add_head(q, ((relevance - line.mean) * line.scale + line.shift) * x[c][q], kernel, sums);
        }
        row = after;
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
    if (n >= samples) return;
    ODOT_UNROLL
    for (unsigned c = 0; c < C; ++c) {
      S row[columns];
      const S* image = maps.x + M::plane_of(tile, c, lane) + (i * W + left) * gpu::lanes;
      ODOT_UNROLL
      for (unsigned q = 0; q < columns; ++q) {
        const S value = sums[c][0][q] + (G::skip && Parts::present(left, q) ? image[q * gpu::lanes] : S{0});
        row[q] = G::relu && value < S{0} ? S{0} : value;
      }
      gpu::store_row(row, Parts::width(left), y + ((n * C + c) * H + i) * W + left);
    }
  }

  ODOT_HOST_DEVICE void clear(unsigned c, S (&row)[columns]) const {
    ODOT_UNROLL
    for (unsigned q = 0; q < columns; ++q) row[q] = bias[c];
  }
};

}  // namespace odot::kernels::detail
