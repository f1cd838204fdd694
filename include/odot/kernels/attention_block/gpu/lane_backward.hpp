#pragma once
// SPDX-License-Identifier: MIT
// The attention-wise block on the GPU, one lane per sample: backward. With g = ∂ℓ/∂(convolution's output), d = A −
// mean,
//     dhead = Σ w ⋆ g (w rotated),  dÂ = dhead x,  dA = scale (dÂ − mean(dÂ) − x̂ mean(dÂ x̂)),  t = A dA
//     ∂ℓ/∂sx = t − Ax Σ_W t,  ∂ℓ/∂sy = t − Ay Σ_H t
// The sums of t are linear in mean(dÂ) and mean(dÂ x̂), which are known only after the whole batch; so the first pass
// stores the sums of A dÂ, A d and A, and the second pass joins them.

#include <cmath>
#include <cstddef>

#include "odot/kernels/attention_block/gpu/lane_forward.hpp"
#include "odot/kernels/attention_block/gpu/lane_maps.hpp"

namespace odot::kernels::detail {

/// g of a part's columns and their two neighbours, in the rows above, at and below row i.
template <class G, class S, class Parts>
struct GradientWindow {
  using M = LaneMaps<G, S>;
  static constexpr unsigned C = M::C, columns = Parts::columns;
  S rows[C][3][columns + 2];

  /// Loads row i + k − 1 of all channels into place k; g: a lane's plane of channel 0.
  ODOT_HOST_DEVICE void load(const S* g, unsigned i, unsigned k, unsigned left) {
    const bool inside = i + k >= 1 && i + k <= M::H;
    ODOT_UNROLL
    for (unsigned c = 0; c < C; ++c) {
      ODOT_UNROLL
      for (unsigned q = 0; q < columns + 2; ++q)
        rows[c][k][q] = inside && Parts::beside(left, q)
                            ? g[(c * M::plane + (i + k - 1) * M::W + left + q - 1) * gpu::lanes]
                            : S{0};
    }
  }
  /// Moves the rows up by one.
  ODOT_HOST_DEVICE void advance() {
    ODOT_UNROLL
    for (unsigned c = 0; c < C; ++c) {
      ODOT_UNROLL
      for (unsigned q = 0; q < columns + 2; ++q) rows[c][0][q] = rows[c][1][q], rows[c][1][q] = rows[c][2][q];
    }
  }
  /// The g by which a head's element in column q of the part is multiplied at kernel position (u, v).
  ODOT_HOST_DEVICE S at(unsigned c, unsigned q, unsigned u, unsigned v) const { return rows[c][2 - u][q + 2 - v]; }
};

/// The convolution's weights of map m.
template <class G, class S>
struct MapKernel {
  S values[G::C][9];

  ODOT_HOST_DEVICE MapKernel(const S* weight, unsigned m) {
    ODOT_UNROLL
    for (unsigned k = 0; k < G::C * 9; ++k) values[k / 9][k % 9] = weight[(k / 9 * G::maps + m) * 9 + k % 9];
  }
  /// dhead in column q
  template <class Parts>
  ODOT_HOST_DEVICE S turned(const GradientWindow<G, S, Parts>& g, unsigned q) const {
    S sum{0};
    ODOT_UNROLL
    for (unsigned k = 0; k < G::C * 9; ++k) sum += values[k / 9][k % 9] * g.at(k / 9, q, k % 9 / 3, k % 3);
    return sum;
  }
};

/// First pass, one warp per part of a tile's map: the convolution's gradients, Σ dÂ and Σ dÂ d, and the terms of t's
/// sums.
template <class G, class S>
struct LaneCorrelations {
  using M = LaneMaps<G, S>;
  using Parts = typename M::Wide;
  static constexpr unsigned C = M::C, H = M::H, W = M::W, columns = Parts::columns, parts = Parts::parts;
  static constexpr unsigned terms = G::norm == HeadNorm::none ? 1 : 3;  // A dÂ, A d, A
  // Numbers that a warp stores: dw [C, 9], Σ dÂ, Σ dÂ d, db [C].
  static constexpr unsigned sum_dnorm = 9 * C, sum_product = sum_dnorm + 1, db = sum_product + 1, numbers = db + C;
  // It stores them after this many rows, so that a lane adds at most 512 terms.
  static constexpr unsigned rows_per_sum = 512 / columns, sums_per_part = (H + rows_per_sum - 1) / rows_per_sum;
  static constexpr unsigned sums = parts * sums_per_part;  // of a tile's map

  M maps;
  LaneNorm<G, S> norm;
  const S *weight, *g;  // [C, maps, 3, 3], [tiles, C, H, W, 32]
  S* row_sums;          // [tiles, maps, parts, H, terms, 32]
  S* column_sums;       // [tiles, maps, W, terms, 32]
  S* partials;          // [tiles, maps, sums, numbers]

  ODOT_HOST_DEVICE void operator()(unsigned warp, const gpu::Lane& lane) const {
    const unsigned tile = warp / parts / M::maps, m = warp / parts % M::maps, left = warp % parts * columns;
    const unsigned width = Parts::width(left);
    const S* image = maps.x + M::plane_of(tile, m % C, lane) + left * gpu::lanes;
    const S* gradient = g + M::plane_of(tile, 0, lane);
    const auto* arrays = maps.arrays + m * M::plane + left;
    const S* logs = maps.logs + M::sums_of(tile, m, lane);
    S* row_sum = row_sums + static_cast<std::size_t>(warp) * H * terms * gpu::lanes + lane.index;
    S* column_sum =
        column_sums + ((static_cast<std::size_t>(tile) * M::maps + m) * W + left) * terms * gpu::lanes + lane.index;
    S* partial = partials + static_cast<std::size_t>(warp) * sums_per_part * numbers;
    const NormLine<S> line = norm.line(m);
    const MapKernel<G, S> kernel(weight, m);
    S log[columns] = {}, result[numbers] = {};
    gpu::LongSum<S, H> column[terms][columns] = {};
    ODOT_UNROLL
    for (unsigned q = 0; q < columns; ++q)
      if (Parts::present(left, q)) log[q] = logs[(H + left + q) * gpu::lanes];
    S most_column{0};
    ODOT_UNROLL
    for (unsigned q = 0; q < columns; ++q) most_column = larger(most_column, std::fabs(log[q]));
    GradientWindow<G, S, Parts> window;
    window.load(gradient, 0, 0, left);
    window.load(gradient, 0, 1, left);
    window.load(gradient, 0, 2, left);
    using Row = LaneRow<G, S, columns>;
    Row::each(image, arrays, width, [&](unsigned i, const Row& from) {
      const S row_log = logs[i * gpu::lanes];
      const bool large = M::are_large(std::fabs(row_log) + most_column);
      S row[terms] = {};
      ODOT_UNROLL
      for (unsigned q = 0; q < columns; ++q) {
        if (!Parts::present(left, q)) continue;
        const S x = from.x[q];
        S relevance = gpu::power_of_two(from.arrays[q].both(x) - (row_log + log[q]));
        if (large) relevance = maps.exact_relevance(tile, m, i, left + q, x, lane);
        const S deviation = relevance - line.mean;
        const S head = (deviation * line.scale + line.shift) * x;
        // y = Σ w ⋆ head + bias
        ODOT_UNROLL
        for (unsigned k = 0; k < C * 9; ++k) result[k] += head * window.at(k / 9, q, k % 9 / 3, k % 3);
        ODOT_UNROLL
        for (unsigned c = 0; c < C; ++c) result[db + c] += window.at(c, q, 1, 1);
        // head = Â x
        const S dnorm = kernel.turned(window, q) * x;
        result[sum_dnorm] += dnorm;
        result[sum_product] += dnorm * deviation;
        const S term[3] = {relevance * dnorm, relevance * deviation, relevance};
        ODOT_UNROLL
        for (unsigned k = 0; k < terms; ++k) row[k] += term[k], column[k][q] += term[k];
      }
      ODOT_UNROLL
      for (unsigned k = 0; k < terms; ++k) row_sum[(i * terms + k) * gpu::lanes] = row[k];
      window.advance();
      window.load(gradient, i + 1, 2, left);
      if constexpr (sums_per_part > 1) {
        if ((i + 1) % rows_per_sum == 0 && i + 1 < H) {
          lane.store_sums(result, partial + i / rows_per_sum * numbers);
          ODOT_UNROLL
          for (unsigned k = 0; k < numbers; ++k) result[k] = S{0};
        }
      }
    });
    ODOT_UNROLL
    for (unsigned k = 0; k < terms; ++k) {
      ODOT_UNROLL
      for (unsigned q = 0; q < columns; ++q)
        if (Parts::present(left, q)) column_sum[(q * terms + k) * gpu::lanes] = static_cast<S>(column[k][q]);
    }
    lane.store_sums(result, partial + (sums_per_part - 1) * numbers);
  }
};

/// A map's norm: dA and the sums of t from the means over the batch.
template <class G, class S>
struct LaneLine {
  S mean, scale, shift, by_deviation, constant;

  /// means: [2, maps], of dÂ and of dÂ x̂. A lane without a sample has gradient 0, also after the means are subtracted.
  ODOT_HOST_DEVICE LaneLine(const LaneNorm<G, S>& norm, const S* means, unsigned m, bool sample) {
    const NormLine<S> line = norm.line(m);
    mean = line.mean, scale = line.scale, shift = line.shift, by_deviation = constant = S{0};
    if constexpr (G::norm != HeadNorm::none) {
      constant = sample ? -scale * means[m] : S{0};
      by_deviation = sample ? -scale * means[G::maps + m] * norm.rstd[m] : S{0};
    }
  }
  /// dA
  ODOT_HOST_DEVICE S gradient(S dnorm, S deviation) const {
    return scale * dnorm + by_deviation * deviation + constant;
  }
  /// Σ t from the sums of A dÂ, A d and A.
  ODOT_HOST_DEVICE S total(const S* sum) const {
    if constexpr (G::norm == HeadNorm::none) return scale * sum[0];
    else return scale * sum[0] + by_deviation * sum[gpu::lanes] + constant * sum[2 * gpu::lanes];
  }
};

/// A normaliser, log2 Σ 2^score of a row or column, and Σ t over it.
template <class S>
struct alignas(2 * sizeof(S)) LaneTotal {
  S log, total;
};

/// Between the passes, one warp per row or column of a tile's map: normalisers and Σ t side by side.
template <class G, class S>
struct LaneTotals {
  using M = LaneMaps<G, S>;
  using First = LaneCorrelations<G, S>;
  static constexpr unsigned H = M::H, W = M::W, terms = First::terms;
  M maps;
  LaneNorm<G, S> norm;
  std::size_t samples;
  const S *means, *row_sums, *column_sums;  // as in the first pass
  LaneTotal<S>* totals;                     // [tiles, maps, H + W, 32]

  ODOT_HOST_DEVICE void operator()(unsigned warp, const gpu::Lane& lane) const {
    const unsigned map = warp / M::normalisers, at = warp % M::normalisers, m = map % M::maps;
    const LaneLine<G, S> line(norm, means, m, map / M::maps * std::size_t{gpu::lanes} + lane.index < samples);
    const std::size_t place = static_cast<std::size_t>(warp) * gpu::lanes + lane.index;
    S total{0};
    if (at < H) {
      ODOT_UNROLL
      for (unsigned part = 0; part < First::parts; ++part)
        total += line.total(row_sums +
                            ((static_cast<std::size_t>(map) * First::parts + part) * H + at) * terms * gpu::lanes +
                            lane.index);
    } else {
      total = line.total(column_sums + (static_cast<std::size_t>(map) * W + at - H) * terms * gpu::lanes + lane.index);
    }
    totals[place] = {maps.logs[place], total};
  }
};

/// Second pass, one warp per part of a row of a tile's channel: the arrays' gradients, summed over the tile, and dx.
template <class G, class S>
struct LaneArrays {
  using M = LaneMaps<G, S>;
  using Parts = typename M::Narrow;
  static constexpr unsigned C = M::C, H = M::H, W = M::W, columns = Parts::columns, parts = Parts::parts;
  static constexpr unsigned arrays = G::bias ? 4 : 2, warps_per_tile = C * H * parts;
  static constexpr unsigned blocks_per_processor = C == 1 ? 4 : 1;  // as many as the registers suffice for
  using Window = GradientWindow<G, S, Parts>;

  M maps;
  LaneNorm<G, S> norm;
  const S *weight, *g;         // as in the first pass
  const S* means;              // [2, maps]
  const LaneTotal<S>* totals;  // [tiles, maps, H + W, 32]
  std::size_t samples;
  S* partials;  // [tiles, arrays, maps, H, W]
  S* dx;        // [N, C, H, W] or null

  /// What a map's row needs besides x and g, read while the previous map is being computed.
  struct MapRow {
    typename M::Arrays arrays[columns] = {};
    LaneTotal<S> row, column[columns] = {};

    ODOT_HOST_DEVICE void load(const typename M::Arrays* from, const LaneTotal<S>* totals, unsigned i, unsigned left) {
      row = totals[i * gpu::lanes];
      ODOT_UNROLL
      for (unsigned q = 0; q < columns; ++q)
        if (Parts::present(left, q))
          arrays[q] = from[i * W + left + q], column[q] = totals[(H + left + q) * gpu::lanes];
    }
  };

  ODOT_HOST_DEVICE void operator()(unsigned warp, const gpu::Lane& lane) const {
    const unsigned tile = warp / warps_per_tile, left = warp % parts * columns;
    const unsigned c = warp % warps_per_tile / (H * parts), i = warp / parts % H;
    const S* image = maps.x + M::plane_of(tile, c, lane) + (i * W + left) * gpu::lanes;
    Window window;
    ODOT_UNROLL
    for (unsigned k = 0; k < 3; ++k) window.load(g + M::plane_of(tile, 0, lane), i, k, left);
    S x[columns] = {}, input_gradient[columns] = {};
    ODOT_UNROLL
    for (unsigned q = 0; q < columns; ++q) {
      if (Parts::present(left, q)) x[q] = image[q * gpu::lanes];
      ODOT_UNROLL
      for (unsigned other = 0; other < C; ++other)
        if (G::skip && other == c) input_gradient[q] = window.at(other, q, 1, 1);
    }
    MapRow row;
    row.load(maps.arrays + c * M::plane, totals + M::sums_of(tile, c, lane), i, left);
    for (unsigned m = c; m < M::maps; m += C) {
      const unsigned after = m + C < M::maps ? m + C : m;
      MapRow next = row;
      next.load(maps.arrays + after * M::plane, totals + M::sums_of(tile, after, lane), i, left);
      add_map(tile, m, i, left, lane, row, window, x, input_gradient);
      row = next;
    }
    const std::size_t n = static_cast<std::size_t>(tile) * gpu::lanes + lane.index;
    if (dx && n < samples) gpu::store_row(input_gradient, Parts::width(left), dx + ((n * C + c) * H + i) * W + left);
  }

  ODOT_HOST_DEVICE void add_map(unsigned tile, unsigned m, unsigned i, unsigned left, const gpu::Lane& lane,
                                const MapRow& row, const Window& window, const S (&x)[columns],
                                S (&input_gradient)[columns]) const {
    constexpr S ln2 = S(0.69314718055994530942);
    const LaneLine<G, S> line(norm, means, m, static_cast<std::size_t>(tile) * gpu::lanes + lane.index < samples);
    const MapKernel<G, S> kernel(weight, m);
    S most_column{0};
    ODOT_UNROLL
    for (unsigned q = 0; q < columns; ++q) most_column = larger(most_column, std::fabs(row.column[q].log));
    const bool large = M::are_large(std::fabs(row.row.log) + most_column);
    S dweight_x[columns] = {}, dweight_y[columns] = {};
    S dbias_x[G::bias ? columns : 1] = {}, dbias_y[G::bias ? columns : 1] = {};
    ODOT_UNROLL
    for (unsigned q = 0; q < columns; ++q) {
      if (!Parts::present(left, q)) continue;
      const auto score = row.arrays[q];
      S ax = gpu::power_of_two(score.x(x[q]) - row.row.log);
      S ay = gpu::power_of_two(score.y(x[q]) - row.column[q].log);
      if (large) {
        ax = maps.exact_row(tile, m, i, left + q, x[q], lane);
        ay = maps.exact_column(tile, m, i, left + q, x[q], lane);
      }
      const S relevance = ax * ay, deviation = relevance - line.mean;
      // head = (scale d + shift) x
      const S dhead = kernel.turned(window, q);
      const S t = relevance * line.gradient(dhead * x[q], deviation);
      // A = Ax ⊙ Ay;  softmaxes
      const S gx = t - ax * row.row.total;
      const S gy = t - ay * row.column[q].total;
      // sx = x ⊙ Wx + Bx,  sy = x ⊙ Wy + By
      dweight_x[q] = gx * x[q];
      dweight_y[q] = gy * x[q];
      if constexpr (G::bias) dbias_x[q] = gx, dbias_y[q] = gy;
      input_gradient[q] += dhead * (deviation * line.scale + line.shift) + ln2 * (gx * score.wx + gy * score.wy);
    }
    const unsigned width = Parts::width(left);
    lane.store_sums(dweight_x, width, array(tile, 0, m, i) + left);
    lane.store_sums(dweight_y, width, array(tile, 1, m, i) + left);
    if constexpr (G::bias) {
      lane.store_sums(dbias_x, width, array(tile, 2, m, i) + left);
      lane.store_sums(dbias_y, width, array(tile, 3, m, i) + left);
    }
  }

  ODOT_HOST_DEVICE S* array(unsigned tile, unsigned which, unsigned m, unsigned i) const {
    return partials + ((static_cast<std::size_t>(tile) * arrays + which) * M::maps + m) * M::plane + i * W;
  }
};

}  // namespace odot::kernels::detail
