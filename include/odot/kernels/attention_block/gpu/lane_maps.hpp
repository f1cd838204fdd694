#pragma once
// SPDX-License-Identifier: MIT
// The attention-wise block on the GPU, one lane per sample: how its numbers lie in memory, and how they get there. The
// samples of a tile lie side by side: the lanes of a warp read neighbouring numbers and the same elements of the
// arrays, every lane computes its softmaxes alone, and what a row needs stays in registers.
//     sx = x ⊙ Wx + Bx,  sy = x ⊙ Wy + By,  Ax = softmax over W of sx,  Ay = softmax over H of sy,  A = Ax ⊙ Ay

#include <cstddef>

#include "odot/kernels/attention_block/contract.hpp"
#include "odot/kernels/attention_heads/gpu/exact_softmax.hpp"
#include "odot/kernels/attention_heads/head_norm.hpp"
#include "odot/kernels/gpu/warp.hpp"

namespace odot::kernels::detail {

/// The arrays' elements for one map element, times log2(e), so that scores are exponents of two.
template <class S, bool Bias>
struct alignas(2 * sizeof(S)) ScoreArrays {
  S wx, wy;
  ODOT_HOST_DEVICE S x(S value) const { return value * wx; }
  ODOT_HOST_DEVICE S y(S value) const { return value * wy; }
  ODOT_HOST_DEVICE S both(S value) const { return value * (wx + wy); }
};
template <class S>
struct alignas(4 * sizeof(S)) ScoreArrays<S, true> {
  S wx, wy, bx, by;
  ODOT_HOST_DEVICE S x(S value) const { return value * wx + bx; }
  ODOT_HOST_DEVICE S y(S value) const { return value * wy + by; }
  ODOT_HOST_DEVICE S both(S value) const { return value * (wx + wy) + (bx + by); }
};

/// An image's columns in parts of at most `Most`. A warp works on one part, so that its rows of numbers fit the
/// registers and there are enough warps. The last part may be narrower.
template <unsigned W, unsigned Most>
struct ColumnParts {
  static constexpr unsigned parts = (W + Most - 1) / Most, columns = (W + parts - 1) / parts;

  /// Whether column q of the part that begins at `left` is one of the image.
  ODOT_HOST_DEVICE static bool present(unsigned left, unsigned q) {
    if constexpr (W % columns == 0) return true;
    else return left + q < W;
  }
  ODOT_HOST_DEVICE static unsigned width(unsigned left) { return W - left < columns ? W - left : columns; }
  /// Whether column q − 1 of the part, or the one before or after it, is one of the image.
  ODOT_HOST_DEVICE static bool beside(unsigned left, unsigned q) {
    if (q == 0) return left > 0;
    if (q <= columns) return present(left, q - 1);
    return left + columns < W;
  }
};

/// The maps of a batch of block G in tiles.
template <class G, class S>
struct LaneMaps {
  static constexpr unsigned C = G::C, H = G::H, W = G::W, plane = H * W, maps = G::maps, normalisers = H + W;
  using Wide = ColumnParts<W, C == 1 ? 16 : 8>;
  using Narrow = ColumnParts<W, 8>;
  using Arrays = ScoreArrays<S, G::bias>;

  const S* x;            // [tiles, C, H, W, 32]; lanes without a sample repeat the last one
  const Arrays* arrays;  // [maps, H, W]
  S* logs;               // [tiles, maps, H + W, 32]: log2 of Σ 2^score of every row of sx, then of every column of sy
  HeadWeights<const S, typename G::image, G::heads, Gpu> weights;
  S* peaks;  // [tiles, maps, H + W, 3, 32]: of rows, then of columns; written for lanes with large scores

  /// Where in [tiles, C, H, W, 32] a plane of a lane begins; its elements are 32 apart.
  ODOT_HOST_DEVICE static std::size_t plane_of(unsigned tile, unsigned c, const gpu::Lane& lane) {
    return (static_cast<std::size_t>(tile) * C + c) * plane * gpu::lanes + lane.index;
  }
  /// Whether scores of rows and columns are too large for their logs. `most`: the largest |log| of rows plus that of
  /// columns.
  ODOT_HOST_DEVICE static bool are_large(S most) { return !(most <= largest_log_sum<S>); }
  /// Then: Ax and Ay of a lane's element (i, j), from the peaks (LanePeaks).
  ODOT_HOST_DEVICE S exact_row(unsigned tile, unsigned m, unsigned i, unsigned j, S value,
                               const gpu::Lane& lane) const {
    const unsigned at = m * plane + i * W + j;
    const S* b = G::bias ? weights.bias_x.data() + at : nullptr;
    return softmax(peak(tile, m, i, lane), value, weights.weight_x.data()[at], b);
  }
  ODOT_HOST_DEVICE S exact_column(unsigned tile, unsigned m, unsigned i, unsigned j, S value,
                                  const gpu::Lane& lane) const {
    const unsigned at = m * plane + i * W + j;
    const S* b = G::bias ? weights.bias_y.data() + at : nullptr;
    return softmax(peak(tile, m, H + j, lane), value, weights.weight_y.data()[at], b);
  }
  ODOT_HOST_DEVICE static S softmax(const SoftmaxPeak<S>& peak, S value, S w, const S* b) {
    constexpr S log2e = S(1.4426950408889634074);
    return gpu::power_of_two(log2e * peak.difference(value, w, b)) * peak.inverse;
  }
  ODOT_HOST_DEVICE S exact_relevance(unsigned tile, unsigned m, unsigned i, unsigned j, S value,
                                     const gpu::Lane& lane) const {
    return exact_row(tile, m, i, j, value, lane) * exact_column(tile, m, i, j, value, lane);
  }
  ODOT_HOST_DEVICE SoftmaxPeak<S> peak(unsigned tile, unsigned m, unsigned k, const gpu::Lane& lane) const {
    const S* from = peaks + peak_of(tile, m, k, lane);
    return {from[0], from[gpu::lanes], from[2 * gpu::lanes]};
  }

  /// Where peak k of a lane begins in `peaks`; its numbers are 32 apart.
  ODOT_HOST_DEVICE static std::size_t peak_of(unsigned tile, unsigned m, unsigned k, const gpu::Lane& lane) {
    return ((static_cast<std::size_t>(tile) * maps + m) * normalisers + k) * 3 * gpu::lanes + lane.index;
  }

  /// The same of [tiles, maps, H + W, 32].
  ODOT_HOST_DEVICE static std::size_t sums_of(unsigned tile, unsigned m, const gpu::Lane& lane) {
    return (static_cast<std::size_t>(tile) * maps + m) * normalisers * gpu::lanes + lane.index;
  }
};

/// The norm of all maps: where its statistics lie.
template <class G, class S>
struct LaneNorm {
  HeadWeights<const S, typename G::image, G::heads, Gpu> weights;
  const S *mean, *rstd;  // [maps]

  ODOT_HOST_DEVICE NormLine<S> line(unsigned m) const { return norm_line<G::norm>(weights, mean, rstd, m); }
};

/// Copies a batch into tiles, one warp per row of a channel, and the arrays side by side. With y, applies the ReLU's
/// mask.
template <class G, class S>
struct ArrangeTiles {
  using M = LaneMaps<G, S>;
  const S *from, *y;  // [N, C, H, W]; y: null, or the ReLU's output: where it is 0 or less, the element becomes 0
  std::size_t samples;
  bool repeat;  // lanes without a sample repeat the last sample; otherwise they are 0
  S* to;        // [tiles, C, H, W, 32]
  HeadWeights<const S, typename G::image, G::heads, Gpu> weights;
  typename M::Arrays* arrays;

  static constexpr unsigned rows = M::C * M::H;
  std::size_t row_warps() const { return gpu::tiles_of(samples) * rows; }
  std::size_t warps() const { return row_warps() + gpu::tiles_of(M::maps * M::plane); }

  ODOT_HOST_DEVICE void operator()(unsigned warp, const gpu::Lane& lane) const {
    const unsigned tile = warp / rows, row = warp % rows;
    if (tile >= gpu::tiles_of(samples)) {
      arrange_arrays((warp - static_cast<unsigned>(gpu::tiles_of(samples)) * rows) * gpu::lanes + lane.index);
      return;
    }
    std::size_t n = static_cast<std::size_t>(tile) * gpu::lanes + lane.index;
    if (repeat && n >= samples) n = samples - 1;
    S values[M::W] = {};
    if (n < samples) {
      const std::size_t at = (n * rows + row) * M::W;
      gpu::load_row(from + at, M::W, values);
      if (y) {
        S out[M::W];
        gpu::load_row(y + at, M::W, out);
        ODOT_UNROLL
        for (unsigned j = 0; j < M::W; ++j) values[j] = out[j] <= S{0} ? S{0} : values[j];  // NaN: as it is
      }
    }
    S* target = to + static_cast<std::size_t>(warp) * M::W * gpu::lanes + lane.index;
    ODOT_UNROLL
    for (unsigned j = 0; j < M::W; ++j) target[j * gpu::lanes] = values[j];
  }

  ODOT_HOST_DEVICE void arrange_arrays(unsigned i) const {
    constexpr S log2e = S(1.4426950408889634074);
    if (i >= M::maps * M::plane) return;
    arrays[i].wx = log2e * weights.weight_x.data()[i];
    arrays[i].wy = log2e * weights.weight_y.data()[i];
    if constexpr (G::bias) {
      arrays[i].bx = log2e * weights.bias_x.data()[i];
      arrays[i].by = log2e * weights.bias_y.data()[i];
    }
  }
};

}  // namespace odot::kernels::detail
