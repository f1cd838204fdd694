#pragma once
// SPDX-License-Identifier: MIT
// The attention-wise block on the GPU, a sample a lane: backward. With g = ∂ℓ/∂(convolution's output), d = A − mean,
//     dhead = Σ w ⋆ g (turned),  dÂ = dhead x,  dA = scale (dÂ − mean(dÂ) − x̂ mean(dÂ x̂)),  t = A dA
//     ∂ℓ/∂sx = t − Ax Σ_W t,  ∂ℓ/∂sy = t − Ay Σ_H t
// The sums of t are linear in mean(dÂ) and mean(dÂ x̂), which the whole batch decides; so the first pass leaves the sums of
// A dÂ, A d and A, and the second one joins them.

#include <cstddef>

#include "odot/kernels/attention_block/lane_maps.hpp"

namespace odot::kernels::detail {

/// The three rows of g around row i of a plane, column by column.
template <class G, class S>
class GradientWindow {
  using M = LaneMaps<G, S>;
  static constexpr unsigned C = M::C, W = M::W;

 public:
  /// g: plane of channel 0 of a lane. Begins at column 0.
  ODOT_HOST_DEVICE GradientWindow(const S* g, unsigned i)
      : g_(g + i * W * gpu::lanes), above_(i > 0), below_(i + 1 < M::H) {
    ODOT_UNROLL
    for (unsigned c = 0; c < C; ++c) {
      ODOT_UNROLL
      for (unsigned k = 0; k < 3; ++k) columns_[c][k][0] = S{0};
    }
    load(0);
  }
  /// Reads the column after j; then at() is about column j. To be called for every j from 0 on.
  ODOT_HOST_DEVICE void advance(unsigned j) {
    if (j + 1 < W) load(j + 1);
    else {
      ODOT_UNROLL
      for (unsigned c = 0; c < C; ++c) {
        ODOT_UNROLL
        for (unsigned k = 0; k < 3; ++k) columns_[c][k][(j + 2) % 3] = S{0};
      }
    }
  }
  /// g that a head's element at column j meets at kernel position (u, v).
  ODOT_HOST_DEVICE S at(unsigned c, unsigned j, unsigned u, unsigned v) const {
    return columns_[c][2 - u][(j + 2 - v) % 3];
  }

 private:
  ODOT_HOST_DEVICE void load(unsigned j) {
    ODOT_UNROLL
    for (unsigned c = 0; c < C; ++c) {
      const S* at = g_ + (c * M::plane + j) * gpu::lanes;
      columns_[c][0][(j + 1) % 3] = above_ ? at[-static_cast<int>(W * gpu::lanes)] : S{0};
      columns_[c][1][(j + 1) % 3] = at[0];
      columns_[c][2][(j + 1) % 3] = below_ ? at[W * gpu::lanes] : S{0};
    }
  }

  const S* g_;
  bool above_, below_;
  S columns_[C][3][3];  // column q in place (q + 1) % 3
};

/// The convolution's weights of map m.
template <class G, class S>
struct MapKernel {
  S values[G::C][9];

  ODOT_HOST_DEVICE MapKernel(const S* weight, unsigned m) {
    ODOT_UNROLL
    for (unsigned k = 0; k < G::C * 9; ++k) values[k / 9][k % 9] = weight[(k / 9 * G::maps + m) * 9 + k % 9];
  }
  /// dhead at column j
  ODOT_HOST_DEVICE S turned(const GradientWindow<G, S>& g, unsigned j) const {
    S sum{0};
    ODOT_UNROLL
    for (unsigned k = 0; k < G::C * 9; ++k) sum += values[k / 9][k % 9] * g.at(k / 9, j, k % 9 / 3, k % 3);
    return sum;
  }
};

/// First pass, a map of a tile a warp: the convolution's gradients, Σ dÂ and Σ dÂ d, and what becomes t's sums.
template <class G, class S>
struct LaneCorrelations {
  using M = LaneMaps<G, S>;
  static constexpr unsigned C = M::C, H = M::H, W = M::W;
  static constexpr unsigned terms = G::norm == HeadNorm::none ? 1 : 3;  // A dÂ, A d, A
  // Numbers that a warp leaves: dw [C, 9], Σ dÂ, Σ dÂ d, db [C].
  static constexpr unsigned sum_dnorm = 9 * C, sum_product = sum_dnorm + 1, db = sum_product + 1, numbers = db + C;

  M maps;
  LaneNorm<G, S> norm;
  const S *weight, *g;  // [C, maps, 3, 3], [tiles, C, H, W, 32]
  S* sums;              // [tiles, maps, terms, H + W, 32]
  S* partials;          // [tiles, maps, numbers]

  ODOT_HOST_DEVICE static std::size_t sums_of(unsigned tile, unsigned m, unsigned term, const gpu::Lane& lane) {
    return ((static_cast<std::size_t>(tile) * M::maps + m) * terms + term) * M::normalisers * gpu::lanes + lane.index;
  }

  ODOT_HOST_DEVICE void operator()(unsigned warp, const gpu::Lane& lane) const {
    const unsigned tile = warp / M::maps, m = warp % M::maps;
    const S* image = maps.x + M::plane_of(tile, m % C, lane);
    const S* gradient = g + M::plane_of(tile, 0, lane);
    const auto* arrays = maps.arrays + m * M::plane;
    const S* logs = maps.logs + M::sums_of(tile, m, lane);
    const NormLine<S> line = norm.line(m);
    const MapKernel<G, S> kernel(weight, m);
    S column[terms][W] = {}, result[numbers] = {};
    for (unsigned i = 0; i < H; ++i) {
      GradientWindow<G, S> window(gradient, i);
      const S row_log = logs[i * gpu::lanes];
      S row[terms] = {};
      ODOT_UNROLL
      for (unsigned j = 0; j < W; ++j) {
        window.advance(j);
        const S x = image[(i * W + j) * gpu::lanes];
        const S relevance = gpu::power_of_two(arrays[i * W + j].both(x) - (row_log + logs[(H + j) * gpu::lanes]));
        const S deviation = relevance - line.mean;
        const S head = (deviation * line.scale + line.shift) * x;
        // y = Σ w ⋆ head + bias
        ODOT_UNROLL
        for (unsigned k = 0; k < C * 9; ++k) result[k] += head * window.at(k / 9, j, k % 9 / 3, k % 3);
        ODOT_UNROLL
        for (unsigned c = 0; c < C; ++c) result[db + c] += window.at(c, j, 1, 1);
        // head = Â x
        const S dnorm = kernel.turned(window, j) * x;
        result[sum_dnorm] += dnorm;
        result[sum_product] += dnorm * deviation;
        const S term[3] = {relevance * dnorm, relevance * deviation, relevance};
        ODOT_UNROLL
        for (unsigned k = 0; k < terms; ++k) row[k] += term[k], column[k][j] += term[k];
      }
      ODOT_UNROLL
      for (unsigned k = 0; k < terms; ++k) sums[sums_of(tile, m, k, lane) + i * gpu::lanes] = row[k];
    }
    ODOT_UNROLL
    for (unsigned k = 0; k < terms; ++k) {
      ODOT_UNROLL
      for (unsigned j = 0; j < W; ++j) sums[sums_of(tile, m, k, lane) + (H + j) * gpu::lanes] = column[k][j];
    }
    store(lane, result, partials + static_cast<std::size_t>(warp) * numbers);
  }

  ODOT_HOST_DEVICE static void store(const gpu::Lane& lane, S (&result)[numbers], S* target) {
    if constexpr (numbers <= gpu::lanes) lane.store_sums(result, target);
    else static_assert(numbers <= gpu::lanes, "three channels at most");
  }
};

/// Second pass, a row of one channel of a tile a warp: the arrays' gradients, summed over the tile, and dx.
template <class G, class S>
struct LaneArrays {
  using M = LaneMaps<G, S>;
  using First = LaneCorrelations<G, S>;
  static constexpr unsigned C = M::C, H = M::H, W = M::W, arrays = G::bias ? 4 : 2, rows = C * H;

  M maps;
  LaneNorm<G, S> norm;
  const S *weight, *g, *sums;  // as in the first pass
  const S* means;              // [2, maps]: of dÂ, of dÂ x̂
  std::size_t samples;
  S* partials;  // [tiles, arrays, maps, H, W]
  S* dx;        // [N, C, H, W] or null

  /// dA and t's sums of a map from the batch's means.
  struct Line {
    S mean, scale, shift, by_deviation, constant;

    ODOT_HOST_DEVICE Line(const LaneNorm<G, S>& norm, const S* means, unsigned m) {
      const NormLine<S> line = norm.line(m);
      mean = line.mean, scale = line.scale, shift = line.shift, by_deviation = constant = S{0};
      if constexpr (G::norm != HeadNorm::none) {
        constant = -scale * means[m];
        by_deviation = -scale * means[M::maps + m] * norm.rstd[m];
      }
    }
    /// Σ t from the sums of A dÂ, A d and A, which are `stride` apart.
    ODOT_HOST_DEVICE S total(const S* sum, std::size_t stride) const {
      if constexpr (First::terms == 1) return scale * sum[0];
      else return scale * sum[0] + by_deviation * sum[stride] + constant * sum[2 * stride];
    }
  };

  ODOT_HOST_DEVICE void operator()(unsigned warp, const gpu::Lane& lane) const {
    const unsigned tile = warp / rows, c = warp % rows / H, i = warp % H;
    const S* gradient = g + M::plane_of(tile, 0, lane);
    S x[W], input_gradient[W];
    ODOT_UNROLL
    for (unsigned j = 0; j < W; ++j) {
      const std::size_t at = M::plane_of(tile, c, lane) + (i * W + j) * gpu::lanes;
      x[j] = maps.x[at];
      input_gradient[j] = G::skip ? g[at] : S{0};
    }
    for (unsigned h = 0; h < G::heads; ++h) add_map(tile, h * C + c, i, lane, gradient, x, input_gradient);
    const std::size_t n = static_cast<std::size_t>(tile) * gpu::lanes + lane.index;
    if (dx && n < samples) gpu::store_row(input_gradient, W, dx + ((n * C + c) * H + i) * W);
  }

  ODOT_HOST_DEVICE void add_map(unsigned tile, unsigned m, unsigned i, const gpu::Lane& lane, const S* gradient,
                                const S (&x)[W], S (&input_gradient)[W]) const {
    constexpr S ln2 = S(0.69314718055994530942);
    constexpr std::size_t stride = M::normalisers * gpu::lanes;
    const auto* scores = maps.arrays + m * M::plane + i * W;
    const S* logs = maps.logs + M::sums_of(tile, m, lane);
    const S* sum = sums + First::sums_of(tile, m, 0, lane);
    const Line line(norm, means, m);
    const MapKernel<G, S> kernel(weight, m);
    // Without a sample x and g are 0, but not what the norm's means make of them.
    const bool sample = static_cast<std::size_t>(tile) * gpu::lanes + lane.index < samples;
    GradientWindow<G, S> window(gradient, i);
    const S row_log = logs[i * gpu::lanes], row_total = line.total(sum + i * gpu::lanes, stride);
    S dweight_x[W], dweight_y[W], dbias_x[G::bias ? W : 1], dbias_y[G::bias ? W : 1];
    ODOT_UNROLL
    for (unsigned j = 0; j < W; ++j) {
      window.advance(j);
      const auto score = scores[j];
      const S ax = gpu::power_of_two(score.x(x[j]) - row_log);
      const S ay = gpu::power_of_two(score.y(x[j]) - logs[(H + j) * gpu::lanes]);
      const S relevance = ax * ay, deviation = relevance - line.mean;
      // head = (scale d + shift) x
      const S dhead = kernel.turned(window, j);
      const S t = relevance * (line.scale * (dhead * x[j]) + line.by_deviation * deviation + line.constant);
      // A = Ax ⊙ Ay;  softmaxes
      const S gx = t - ax * row_total;
      const S gy = t - ay * line.total(sum + (H + j) * gpu::lanes, stride);
      // sx = x ⊙ Wx + Bx,  sy = x ⊙ Wy + By
      dweight_x[j] = gx * x[j];
      dweight_y[j] = gy * x[j];
      if constexpr (G::bias) dbias_x[j] = sample ? gx : S{0}, dbias_y[j] = sample ? gy : S{0};
      input_gradient[j] += dhead * (deviation * line.scale + line.shift) + ln2 * (gx * score.wx + gy * score.wy);
    }
    lane.store_sums(dweight_x, array(tile, 0, m, i));
    lane.store_sums(dweight_y, array(tile, 1, m, i));
    if constexpr (G::bias) {
      lane.store_sums(dbias_x, array(tile, 2, m, i));
      lane.store_sums(dbias_y, array(tile, 3, m, i));
    }
  }

  ODOT_HOST_DEVICE S* array(unsigned tile, unsigned which, unsigned m, unsigned i) const {
    return partials + ((static_cast<std::size_t>(tile) * arrays + which) * M::maps + m) * M::plane + i * W;
  }
};

}  // namespace odot::kernels::detail
