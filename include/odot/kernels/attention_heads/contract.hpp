#pragma once
// SPDX-License-Identifier: MIT
// Contract of the heads of an attention-wise layer.

#include <cstddef>

#include "odot/core/view.hpp"
#include "odot/core/workspace.hpp"
#include "odot/kernels/batch_norm/contract.hpp"
#include "odot/kernels/missing.hpp"

namespace odot::kernels {

/// What normalises a head's relevance map.
enum class HeadNorm {
  none,    ///< Â = A
  plain,   ///< batch norm without scale and shift: the papers'
  affine,  ///< batch norm with a scale and a shift per head and channel
};

/// The arrays of all heads. Map m = h·C + c belongs to head h and channel c; there are M = heads·C of them.
template <class S, ShapeType In, std::size_t Heads, DeviceType Device>
struct HeadWeights {
  static constexpr std::size_t maps = Heads * In::extents[0];
  using arrays = Shape<Heads, In::extents[0], In::extents[1], In::extents[2]>;

  TensorView<arrays, S, Device> weight_x, weight_y;
  TensorView<arrays, S, Device> bias_x, bias_y;     ///< optional, both or none
  TensorView<Shape<maps>, S, Device> scale, shift;  ///< HeadNorm::affine only
};

/// The heads of an attention-wise layer, side by side as channels:
///     Ax = softmax over W of (x ⊙ Wx_h + Bx_h),  Ay = softmax over H of (x ⊙ Wy_h + By_h)
///     A = Ax ⊙ Ay,  Â = norm(A) over batch, H, W for every head and channel,  y_h = Â ⊙ x
/// Shapes  x [N, C, H, W], arrays [heads, C, H, W] → y [N, heads·C, H, W]
/// Train   batch statistics; the running ones updated as in batch norm
/// Grad    dx overwritten (optional), arrays' gradients added; with t = A ⊙ ∂L/∂A:
///         ∂L/∂(x ⊙ Wx) = t − Ax Σ_W t,  ∂L/∂(x ⊙ Wy) = t − Ay Σ_H t
/// Range   scores must fit the scalar (in float |x·w| < 3e38): a product that overflows makes NaN of its map
/// Cost    forward 3, backward 3 exponentials per map element; no map is kept, only its softmax normalisers
/// Source  Element-Wise Attention Layers, section 3
template <class Device>
struct AttentionHeads : detail::MissingKernels<Device> {
  /// cache: attention_heads_cache numbers, for backward.
  template <HeadNorm Norm, class S, ShapeType In, std::size_t Heads, ShapeType Out>
  static void forward_training(Workspace<Device>& workspace, const NormConstants& constants,
                               BatchView<In, const S, Device> x, const HeadWeights<const S, In, Heads, Device>& weights,
                               TensorView<Shape<Heads * In::extents[0]>, S, Device> running_mean,
                               TensorView<Shape<Heads * In::extents[0]>, S, Device> running_var, S* cache,
                               BatchView<Out, S, Device> y);
  template <HeadNorm Norm, class S, ShapeType In, std::size_t Heads, ShapeType Out>
  static void forward_evaluation(Workspace<Device>& workspace, const NormConstants& constants,
                                 BatchView<In, const S, Device> x,
                                 const HeadWeights<const S, In, Heads, Device>& weights,
                                 TensorView<Shape<Heads * In::extents[0]>, const S, Device> running_mean,
                                 TensorView<Shape<Heads * In::extents[0]>, const S, Device> running_var,
                                 BatchView<Out, S, Device> y);
  template <HeadNorm Norm, class S, ShapeType In, std::size_t Heads, ShapeType Out>
  static void backward(Workspace<Device>& workspace, BatchView<In, const S, Device> x,
                       const HeadWeights<const S, In, Heads, Device>& weights, const S* cache,
                       BatchView<Out, const S, Device> dy, const HeadWeights<S, In, Heads, Device>& gradients,
                       BatchView<In, S, Device> dx);
};

/// What a device's AttentionHeads must offer, checked by example calls.
template <class K, class Device, class S = float, class In = Shape<2, 3, 5>, class Out = Shape<4, 3, 5>>
concept AttentionHeadsKernel = requires(
    Workspace<Device>& workspace, const NormConstants& constants, BatchView<In, const S, Device> x,
    const HeadWeights<const S, In, 2, Device>& weights, TensorView<Shape<4>, S, Device> running,
    TensorView<Shape<4>, const S, Device> kept, S* cache, const S* kept_cache, BatchView<Out, S, Device> y,
    BatchView<Out, const S, Device> dy, const HeadWeights<S, In, 2, Device>& gradients, BatchView<In, S, Device> dx) {
  K::template forward_training<HeadNorm::plain>(workspace, constants, x, weights, running, running, cache, y);
  K::template forward_evaluation<HeadNorm::plain>(workspace, constants, x, weights, kept, kept, y);
  K::template backward<HeadNorm::plain>(workspace, x, weights, kept_cache, dy, gradients, dx);
};

/// Cache of AttentionHeads, the same on every device: per map and (padded) sample H + W numbers, of the softmaxes'
/// denominators; then mean and 1/σ per map.
template <ShapeType In, std::size_t Heads>
constexpr std::size_t attention_heads_cache(std::size_t samples) {
  if constexpr (In::rank == 3) {                                     // else the layer says what is wrong
    constexpr std::size_t maps = Heads * In::extents[0], tile = 16;  // samples of the widest tile
    const std::size_t padded = (samples + tile - 1) / tile * tile;
    return padded * maps * (In::extents[1] + In::extents[2]) + 2 * maps;
  } else {
    return 0;
  }
}

}  // namespace odot::kernels
