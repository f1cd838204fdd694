#pragma once
// SPDX-License-Identifier: MIT
// BatchNorm2d.

#include "odot/nn/batch_norm.hpp"

namespace odot::nn {

using BatchNorm2dOptions = BatchNormOptions;

/// Batch normalisation per channel: y = γ (x − μ)/√(σ² + eps) + β; batch statistics in training, running ones in
/// predict.
/// Shapes  x [N, C, H, W], weight γ and bias β [C] → y [N, C, H, W]; buffers running_mean, running_var [C]
/// Grad    dx = γ/σ (dy − mean(dy) − x̂ mean(dy x̂)) (overwritten);  dγ += Σ dy x̂,  dβ += Σ dy (added)
/// Errors  compile time: input of a rank other than 3
/// Source  Ioffe, Szegedy, 2015; same convention as torch.nn.BatchNorm2d (eps 1e-5, momentum 0.1)
template <BatchNorm2dOptions Options = BatchNorm2dOptions{}>
struct BatchNorm2d {
  template <ShapeType In>
  struct bind : BatchNormLayer<In, Options> {
    static_assert(In::rank == 3, "odot::nn::BatchNorm2d: input must be rank 3, [channels, height, width]");

    ODOT_COLD static void describe(LayerParts& parts) {
      parts.push_back(detail::batch_norm_words("batch_norm2d", Options, parts.training));
    }
  };
};

}  // namespace odot::nn
