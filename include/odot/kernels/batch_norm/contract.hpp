#pragma once
// SPDX-License-Identifier: MIT
// Contract of batch normalisation over channels.

#include "odot/core/view.hpp"
#include "odot/core/workspace.hpp"
#include "odot/kernels/missing.hpp"
#include "odot/kernels/norm_constants.hpp"

namespace odot::kernels {

/// x̂ = (x − μ_c) / √(σ²_c + eps),  y = γ_c x̂ + β_c, per channel c over batch, H and W.
/// Shapes  x [N, C, H, W], weight γ and bias β [C] (optional, both or none) → y [N, C, H, W], statistics [2, C]
/// Train   μ, σ² of the batch (σ² biased); running = (1 − momentum) running + momentum · batch, the variance unbiased
/// Grad    dx = γ/σ (dy − mean(dy) − x̂ mean(dy x̂)) (overwritten; optional);  dγ += Σ dy x̂,  dβ += Σ dy (added)
/// Cost    three readings of x forward, two of x and dy backward
template <class Device>
struct BatchNorm : detail::MissingKernels<Device> {
  /// statistics: mean and 1/σ, for backward.
  template <class S, std::size_t C, std::size_t H, std::size_t W>
  static void forward_training(Workspace<Device>& workspace, const NormConstants& constants,
                               BatchView<Shape<C, H, W>, const S, Device> x,
                               TensorView<Shape<C>, const S, Device> weight, TensorView<Shape<C>, const S, Device> bias,
                               TensorView<Shape<C>, S, Device> running_mean,
                               TensorView<Shape<C>, S, Device> running_var,
                               TensorView<Shape<2, C>, S, Device> statistics, BatchView<Shape<C, H, W>, S, Device> y);
  template <class S, std::size_t C, std::size_t H, std::size_t W>
  static void forward_evaluation(Workspace<Device>& workspace, const NormConstants& constants,
                                 BatchView<Shape<C, H, W>, const S, Device> x,
                                 TensorView<Shape<C>, const S, Device> weight,
                                 TensorView<Shape<C>, const S, Device> bias,
                                 TensorView<Shape<C>, const S, Device> running_mean,
                                 TensorView<Shape<C>, const S, Device> running_var,
                                 BatchView<Shape<C, H, W>, S, Device> y);
  template <class S, std::size_t C, std::size_t H, std::size_t W>
  static void backward(Workspace<Device>& workspace, BatchView<Shape<C, H, W>, const S, Device> x,
                       TensorView<Shape<C>, const S, Device> weight,
                       TensorView<Shape<2, C>, const S, Device> statistics,
                       BatchView<Shape<C, H, W>, const S, Device> dy, TensorView<Shape<C>, S, Device> dweight,
                       TensorView<Shape<C>, S, Device> dbias, BatchView<Shape<C, H, W>, S, Device> dx);
};

/// What a device's BatchNorm must offer, checked by example calls.
template <class K, class Device, class S = float, class Image = Shape<2, 3, 5>>
concept BatchNormKernel =
    requires(Workspace<Device>& workspace, const NormConstants& constants, BatchView<Image, const S, Device> x,
             TensorView<Shape<2>, const S, Device> array, TensorView<Shape<2>, S, Device> result,
             TensorView<Shape<2, 2>, S, Device> statistics, TensorView<Shape<2, 2>, const S, Device> kept,
             BatchView<Image, S, Device> y) {
      K::forward_training(workspace, constants, x, array, array, result, result, statistics, y);
      K::forward_evaluation(workspace, constants, x, array, array, array, array, y);
      K::backward(workspace, x, array, kept, x, result, result, y);
    };

}  // namespace odot::kernels
