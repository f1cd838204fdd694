#pragma once
// SPDX-License-Identifier: MIT
// Contract of the attention-wise block: heads, convolution, skip connection and ReLU in one.

#include <cstddef>

#include "odot/core/view.hpp"
#include "odot/core/workspace.hpp"
#include "odot/kernels/attention_heads/contract.hpp"
#include "odot/kernels/missing.hpp"

namespace odot::kernels {

/// What an attention block consists of.
template <ShapeType In, std::size_t NumberOfHeads, HeadNorm Norm, bool Skip, bool ReLU, bool Bias = false>
struct AttentionGeometry {
  static constexpr std::size_t C = In::extents[0], H = In::extents[1], W = In::extents[2];
  static constexpr std::size_t heads = NumberOfHeads, maps = heads * C;
  static constexpr HeadNorm norm = Norm;
  static constexpr bool skip = Skip, relu = ReLU;
  static constexpr bool bias = Bias;  ///< bias arrays inside the softmaxes
  using image = In;
  using conv_weight = Shape<C, maps, 3, 3>;
  using conv_bias = Shape<C>;
};

/// The arrays of an attention block: those of its heads, and its convolution's.
template <class S, class G, DeviceType Device>
struct BlockWeights {
  HeadWeights<S, typename G::image, G::heads, Device> heads;
  TensorView<typename G::conv_weight, S, Device> conv_weight;
  TensorView<typename G::conv_bias, S, Device> conv_bias;
};

/// y = [ReLU]( Conv3x3( heads of x side by side ) [+ x] ), padding 1; equal to the composition of AttentionHeads, Conv2d,
/// Add and ReLU, without writing the heads to memory.
/// Shapes  x [N, C, H, W], arrays [heads, C, H, W], conv_weight [C, heads·C, 3, 3], conv_bias [C] → y [N, C, H, W]
/// Train   batch statistics; the running ones updated as in batch norm
/// Grad    dx overwritten (optional), all others added
/// Cost    per map element and training step 6 exponentials and 18·C convolution FLOP forward, 36·C backward
/// Source  Element-Wise Attention Layers, section 3
template <class Device>
struct AttentionBlock : detail::MissingKernels<Device> {
  /// cache: attention_block_cache numbers, for backward.
  template <class G, class S>
  static void forward_training(Workspace<Device>& workspace, const NormConstants& constants,
                               BatchView<typename G::image, const S, Device> x,
                               const BlockWeights<const S, G, Device>& weights,
                               TensorView<Shape<G::maps>, S, Device> running_mean,
                               TensorView<Shape<G::maps>, S, Device> running_var, S* cache,
                               BatchView<typename G::image, S, Device> y);
  template <class G, class S>
  static void forward_evaluation(Workspace<Device>& workspace, const NormConstants& constants,
                                 BatchView<typename G::image, const S, Device> x,
                                 const BlockWeights<const S, G, Device>& weights,
                                 TensorView<Shape<G::maps>, const S, Device> running_mean,
                                 TensorView<Shape<G::maps>, const S, Device> running_var,
                                 BatchView<typename G::image, S, Device> y);
  /// Of x only the size: the input is in the cache.
  template <class G, class S>
  static void backward(Workspace<Device>& workspace, BatchView<typename G::image, const S, Device> x,
                       const BlockWeights<const S, G, Device>& weights, const S* cache,
                       BatchView<typename G::image, const S, Device> y,
                       BatchView<typename G::image, const S, Device> dy, const BlockWeights<S, G, Device>& gradients,
                       BatchView<typename G::image, S, Device> dx);
};

/// What a device's AttentionBlock must offer, checked by example calls.
template <class K, class Device, class S = float,
          class G = AttentionGeometry<Shape<2, 3, 5>, 2, HeadNorm::plain, true, true>>
concept AttentionBlockKernel = requires(
    Workspace<Device>& workspace, const NormConstants& constants, BatchView<typename G::image, const S, Device> x,
    const BlockWeights<const S, G, Device>& weights, TensorView<Shape<G::maps>, S, Device> running,
    TensorView<Shape<G::maps>, const S, Device> kept, S* cache, const S* kept_cache,
    const BlockWeights<S, G, Device>& gradients, BatchView<typename G::image, S, Device> y) {
  K::template forward_training<G>(workspace, constants, x, weights, running, running, cache, y);
  K::template forward_evaluation<G>(workspace, constants, x, weights, kept, kept, y);
  K::template backward<G>(workspace, x, weights, kept_cache, x, x, gradients, y);
};

/// Cache of AttentionBlock, the same on every device: per map and (padded) sample H + W numbers, of the softmaxes'
/// denominators, mean and 1/σ per map, and the input, laid out as the device likes it, with the largest |x| of each
/// channel.
template <ShapeType In, std::size_t Heads>
constexpr std::size_t attention_block_cache(std::size_t samples) {
  if constexpr (In::rank == 3) {
    constexpr std::size_t maps = Heads * In::extents[0], tile = 32;  // samples of the widest tile
    const std::size_t padded = (samples + tile - 1) / tile * tile;
    return padded * (maps * (In::extents[1] + In::extents[2]) + In::size + In::extents[0]) + 2 * maps;
  } else {
    return 0;
  }
}

}  // namespace odot::kernels
