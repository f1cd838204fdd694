#pragma once
// SPDX-License-Identifier: MIT
// The attention-wise block on the GPU, one lane per sample: the softmaxes of rows, and of scores of any size.

#include <cmath>
#include <cstddef>

#include "odot/kernels/attention_block/gpu/lane_maps.hpp"
#include "odot/kernels/attention_heads/gpu/exact_softmax.hpp"

namespace odot::kernels::detail {

/// One warp per map of a tile. Between the forward passes, it joins the log sums of the rows' pieces; there and before
/// backward, it finds the peaks of lanes whose scores are too large for the logs.
template <class G, class S>
struct LanePeaks {
  using M = LaneMaps<G, S>;
  static constexpr unsigned parts = M::Wide::parts;
  M maps;
  const S* pieces;  // [tiles, maps, parts, H, 32], or null where the logs are complete

  ODOT_HOST_DEVICE void operator()(unsigned warp, const gpu::Lane& lane) const {
    constexpr unsigned H = M::H, W = M::W;
    const unsigned tile = warp / M::maps, m = warp % M::maps;
    S* logs = maps.logs + M::sums_of(tile, m, lane);
    S row{0}, column{0};
    bool large = false;
    for (unsigned i = 0; i < H; ++i) {
      if (pieces)
        logs[i * gpu::lanes] =
            log_of_pieces(pieces + (static_cast<std::size_t>(warp) * parts * H + i) * gpu::lanes + lane.index);
      const S log = std::fabs(logs[i * gpu::lanes]);
      row = larger(row, log);
      large = large || log != log;
    }
    for (unsigned j = 0; j < W; ++j) column = larger(column, std::fabs(logs[(H + j) * gpu::lanes]));
    if (!large && !M::are_large(row + column)) return;
    const auto& of = maps.weights;
    const S* image = maps.x + M::plane_of(tile, m % M::C, lane);
    for (unsigned i = 0; i < H; ++i) {
      const unsigned at = m * M::plane + i * W;
      const ScoreLine<S> line{image + i * W * gpu::lanes,
                              of.weight_x.data() + at,
                              G::bias ? of.bias_x.data() + at : nullptr,
                              W,
                              gpu::lanes,
                              1};
      store(line.peak(), maps.peaks + M::peak_of(tile, m, i, lane));
    }
    for (unsigned j = 0; j < W; ++j) {
      const unsigned at = m * M::plane + j;
      const ScoreLine<S> line{image + j * gpu::lanes,
                              of.weight_y.data() + at,
                              G::bias ? of.bias_y.data() + at : nullptr,
                              H,
                              W * gpu::lanes,
                              W};
      store(line.peak(), maps.peaks + M::peak_of(tile, m, H + j, lane));
    }
  }

  /// log2 Σ 2^piece
  ODOT_HOST_DEVICE static S log_of_pieces(const S* piece) {
    S most = piece[0], total{0};
    ODOT_UNROLL
    for (unsigned part = 1; part < parts; ++part) most = larger(most, piece[part * M::H * gpu::lanes]);
    ODOT_UNROLL
    for (unsigned part = 0; part < parts; ++part) total += gpu::power_of_two(piece[part * M::H * gpu::lanes] - most);
    return most + std::log2(total);
  }

  ODOT_HOST_DEVICE static void store(const SoftmaxPeak<S>& peak, S* to) {
    to[0] = peak.minus, to[gpu::lanes] = peak.rest, to[2 * gpu::lanes] = peak.inverse;
  }
};

}  // namespace odot::kernels::detail
