#pragma once
// SPDX-License-Identifier: MIT
// The attention-wise block on the GPU, one lane per sample: launches its passes. Forward: tiles, normalisers and
// moments, output. Backward: tiles of the gradient, correlations, arrays and dx, each pass with its sums.

#include <cmath>
#include <cstddef>

#include "odot/kernels/attention_block/gpu/lane_backward.hpp"
#include "odot/kernels/attention_block/gpu/lane_forward.hpp"
#include "odot/kernels/attention_block/gpu/lane_peaks.hpp"
#include "odot/kernels/gpu/moments.hpp"

namespace odot::kernels::detail {

/// Passes of AttentionBlock<Gpu>; the contract is AttentionBlock's.
template <class G, class S>
struct LaneBlock {
  /// Whether a lane's numbers fit its registers: a row, and a window of three rows of all channels.
  static constexpr bool fits = G::W <= 32 && G::C <= 3;

  using M = LaneMaps<G, S>;
  using Image = BatchView<typename G::image, const S, Gpu>;
  using Result = BatchView<typename G::image, S, Gpu>;
  using Weights = BlockWeights<const S, G, Gpu>;

  /// The layout of the cache: the input in tiles, the softmaxes' normalisers, the norm's mean and 1/σ.
  template <class Pointer>
  struct Cache {
    Cache(Pointer start, std::size_t samples)
        : x(start), logs(x + padded(samples) * G::image::size),
          statistics(logs + padded(samples) * M::maps * M::normalisers) {}
    Pointer x, logs, statistics;
  };

  static void forward_training(Workspace<Gpu>& workspace, const NormConstants& constants, Image x,
                               const Weights& weights, TensorView<Shape<G::maps>, S, Gpu> running_mean,
                               TensorView<Shape<G::maps>, S, Gpu> running_var, S* cache, Result y) {
    const std::size_t samples = x.samples();
    auto frame = workspace.frame();
    const Cache<S*> kept(cache, samples);
    const M maps = arrange(frame, x.data(), nullptr, samples, weights, kept.x, kept.logs, true);
    const bool normed = G::norm != HeadNorm::none;
    auto* moments = normed ? frame.template take<LaneMoment<S>>(M::maps * M::Wide::parts * samples) : nullptr;
    normalise(frame, maps, samples, moments);
    if (normed) add_moments(workspace, samples, moments, constants, running_mean, running_var, kept.statistics);
    output(maps, kept.statistics, kept.statistics + M::maps, weights, y);
  }

  static void forward_evaluation(Workspace<Gpu>& workspace, const NormConstants& constants, Image x,
                                 const Weights& weights, TensorView<Shape<G::maps>, const S, Gpu> running_mean,
                                 TensorView<Shape<G::maps>, const S, Gpu> running_var, Result y) {
    const std::size_t samples = x.samples();
    auto frame = workspace.frame();
    S* tiles = frame.template take<S>(padded(samples) * G::image::size);
    S* logs = frame.template take<S>(padded(samples) * M::maps * M::normalisers);
    S* rstd = frame.template take<S>(M::maps);
    const M maps = arrange(frame, x.data(), nullptr, samples, weights, tiles, logs, true);
    normalise(frame, maps, samples, nullptr);
    if constexpr (G::norm != HeadNorm::none) gpu::rstd_of(M::maps, running_var.data(), constants.eps, rstd);
    output(maps, running_mean.data(), rstd, weights, y);
  }

  static void backward(Workspace<Gpu>& workspace, Image x, const Weights& weights, const S* cache, Image y, Image dy,
                       const BlockWeights<S, G, Gpu>& gradients, Result dx) {
    using First = LaneCorrelations<G, S>;
    using Second = LaneArrays<G, S>;
    const std::size_t samples = x.samples(), tiles = gpu::tiles_of(samples);
    auto frame = workspace.frame();
    const Cache<const S*> kept(cache, samples);
    S* g = frame.template take<S>(padded(samples) * G::image::size);
    M maps =
        arrange(frame, dy.data(), G::relu ? y.data() : nullptr, samples, weights, g, const_cast<S*>(kept.logs), false);
    maps.x = kept.x;
    gpu::launch_warps(tiles * M::maps, LanePeaks<G, S>{maps, nullptr});
    const LaneNorm<G, S> norm{weights.heads, kept.statistics, kept.statistics + M::maps};
    // Phase 1: correlations.
    const std::size_t map_lanes = padded(samples) * M::maps;
    S* row_sums = frame.template take<S>(map_lanes * First::parts * M::H * First::terms);
    S* column_sums = frame.template take<S>(map_lanes * M::W * First::terms);
    S* partials = frame.template take<S>(tiles * M::maps * First::sums * First::numbers);
    S* means = frame.template take<S>(2 * M::maps);
    gpu::launch_warps(tiles * M::maps * First::parts,
                      First{maps, norm, weights.conv_weight.data(), g, row_sums, column_sums, partials});
    add_correlations(workspace, tiles, samples, partials, kept.statistics + M::maps, gradients, means);
    // Phase 2: arrays and dx.
    auto* totals = frame.template take<LaneTotal<S>>(map_lanes * M::normalisers);
    S* arrays = frame.template take<S>(tiles * Second::arrays * G::maps * M::plane);
    gpu::launch_warps(tiles * M::maps * M::normalisers,
                      LaneTotals<G, S>{maps, norm, samples, means, row_sums, column_sums, totals});
    gpu::launch_warps(tiles * Second::warps_per_tile,
                      Second{maps, norm, weights.conv_weight.data(), g, means, totals, samples, arrays, dx.data()});
    add_arrays(workspace, tiles, arrays, gradients.heads);
  }

  static constexpr std::size_t padded(std::size_t samples) { return gpu::tiles_of(samples) * gpu::lanes; }

  /// Copies x or dy, and the arrays, into tiles. Memory for the peaks, 3 (H + W) numbers per map and sample, is always
  /// taken: only the device knows whether scores are large.
  static M arrange(typename Workspace<Gpu>::Frame& frame, const S* from, const S* mask, std::size_t samples,
                   const Weights& weights, S* tiles, S* logs, bool repeat) {
    auto* arrays = frame.template take<typename M::Arrays>(M::maps * M::plane);
    const ArrangeTiles<G, S> program{from, mask, samples, repeat, tiles, weights.heads, arrays};
    gpu::launch_warps(program.warps(), program);
    S* peaks = frame.template take<S>(padded(samples) * M::maps * M::normalisers * 3);
    return {tiles, arrays, logs, weights.heads, peaks};
  }

  /// The softmaxes' normalisers, and A's moments if memory for them is given.
  static void normalise(typename Workspace<Gpu>::Frame& frame, const M& maps, std::size_t samples,
                        LaneMoment<S>* moments) {
    const std::size_t warps = gpu::tiles_of(samples) * M::maps * M::Wide::parts;
    S* pieces = frame.template take<S>(warps * M::H * gpu::lanes);
    gpu::launch_warps(warps, LaneNormalisers<G, S>{maps, pieces});
    gpu::launch_warps(warps / M::Wide::parts, LanePeaks<G, S>{maps, pieces});
    if (moments) gpu::launch_warps(warps, LaneMoments<G, S>{maps, samples, moments});
  }

  /// The batch's mean and 1/σ of every map from the moments of its parts, in double; updates the running statistics.
  static void add_moments(Workspace<Gpu>& workspace, std::size_t samples, const LaneMoment<S>* moments,
                          const NormConstants& constants, TensorView<Shape<G::maps>, S, Gpu> running_mean,
                          TensorView<Shape<G::maps>, S, Gpu> running_var, S* statistics) {
    S *mean = running_mean.data(), *variance = running_var.data();
    const double count = static_cast<double>(samples) * M::plane;
    const std::size_t each = M::Wide::parts * samples;
    gpu::reduce_rows(
        workspace, M::maps, each, gpu::Pair<double>{},
        [=] ODOT_HOST_DEVICE(std::size_t m, std::size_t at) {
          const LaneMoment<S> part = moments[m * each + at];
          const unsigned left = static_cast<unsigned>(at / samples) * M::Wide::columns;
          const double elements = M::H * M::Wide::width(left), part_mean = part.mean;
          return gpu::Pair<double>{elements * part_mean, part.squares + elements * part_mean * part_mean};
        },
        gpu::Plus{},
        [=] ODOT_HOST_DEVICE(std::size_t m, const gpu::Pair<double>& all) {
          const double batch_mean = all.first / count;
          const Moments batch{count, batch_mean, all.second - all.first * batch_mean};
          statistics[m] = static_cast<S>(batch_mean);
          statistics[M::maps + m] = static_cast<S>(1 / std::sqrt(batch.variance() + constants.eps));
          update_running(batch, constants, mean[m], variance[m]);
        });
  }

  static void output(const M& maps, const S* mean, const S* rstd, const Weights& weights, Result y) {
    const LaneOutput<G, S> program{
        maps, {weights.heads, mean, rstd}, weights.conv_weight.data(), weights.conv_bias.data(), y.samples(), y.data()};
    gpu::launch_warps(program.warps(), program);
  }

  /// Adds the tiles' correlations to the gradients of the convolution, scale and shift; means: of dÂ and of dÂ x̂.
  static void add_correlations(Workspace<Gpu>& workspace, std::size_t tiles, std::size_t samples, const S* partials,
                               const S* rstd, const BlockWeights<S, G, Gpu>& gradients, S* means) {
    using First = LaneCorrelations<G, S>;
    constexpr std::size_t rows = G::maps * First::numbers, numbers = First::numbers;
    S *dweight = gradients.conv_weight.data(), *dbias = gradients.conv_bias.data();
    S *dscale = gradients.heads.scale.data(), *dshift = gradients.heads.shift.data();
    const auto elements = static_cast<double>(samples * M::plane);
    gpu::reduce_rows(
        workspace, rows, tiles * First::sums, 0.0,
        [=] ODOT_HOST_DEVICE(std::size_t row, std::size_t at) {
          const std::size_t m = row / numbers, k = row % numbers, tile = at / First::sums, sum = at % First::sums;
          return static_cast<double>(partials[((tile * G::maps + m) * First::sums + sum) * numbers + k]);
        },
        gpu::Plus{},
        [=] ODOT_HOST_DEVICE(std::size_t row, double sum) {
          const std::size_t m = row / numbers, k = row % numbers;
          if (k < First::sum_dnorm) {
            dweight[(k / 9 * G::maps + m) * 9 + k % 9] += static_cast<S>(sum);
          } else if (k == First::sum_dnorm) {
            means[m] = static_cast<S>(sum / elements);
            if (dshift) dshift[m] += static_cast<S>(sum);
          } else if (k == First::sum_product) {
            const double product = G::norm == HeadNorm::none ? 0.0 : sum * static_cast<double>(rstd[m]);
            means[G::maps + m] = static_cast<S>(product / elements);
            if (dscale) dscale[m] += static_cast<S>(product);
          } else if (m == 0) {
            dbias[k - First::db] += static_cast<S>(sum);
          }
        });
  }

  static void add_arrays(Workspace<Gpu>& workspace, std::size_t tiles, const S* partials,
                         const HeadWeights<S, typename G::image, G::heads, Gpu>& gradients) {
    constexpr std::size_t array = G::maps * M::plane, columns = LaneArrays<G, S>::arrays * array;
    S *dwx = gradients.weight_x.data(), *dwy = gradients.weight_y.data();
    S *dbx = gradients.bias_x.data(), *dby = gradients.bias_y.data();
    gpu::reduce_columns(
        workspace, tiles, columns, 0.0,
        [=] ODOT_HOST_DEVICE(std::size_t tile, std::size_t i) {
          return static_cast<double>(partials[tile * columns + i]);
        },
        gpu::Plus{},
        [=] ODOT_HOST_DEVICE(std::size_t i, double sum) {
          S* const of[4] = {dwx, dwy, dbx, dby};
          of[i / array][i % array] += static_cast<S>(sum);
        });
  }
};

}  // namespace odot::kernels::detail
