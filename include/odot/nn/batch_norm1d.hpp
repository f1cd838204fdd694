#pragma once
// SPDX-License-Identifier: MIT
// BatchNorm1d.

#include "odot/nn/batch_norm.hpp"

namespace odot::nn {

using BatchNorm1dOptions = BatchNormOptions;

/// Batch normalisation of features, or of the channels of series: y = γ (x − μ)/√(σ² + eps) + β; batch statistics in
/// training, running ones in predict.
/// Shapes  x [N, C] or [N, C, L], weight γ and bias β [C] → y as x; buffers running_mean, running_var [C]
/// Grad    that of nn::BatchNorm2d
/// Errors  compile time: input of a rank other than 1 and 2
/// Source  same convention as torch.nn.BatchNorm1d (eps 1e-5, momentum 0.1)
template <BatchNorm1dOptions Options = BatchNorm1dOptions{}>
struct BatchNorm1d {
  template <ShapeType In>
  struct bind : BatchNormLayer<In, Options> {
    static_assert(In::rank == 1 || In::rank == 2,
                  "odot::nn::BatchNorm1d: input must be rank 1 or 2, [features] or [channels, length]");

    ODOT_COLD static void describe(LayerParts& parts) {
      parts.push_back(detail::batch_norm_words("batch_norm1d", Options, parts.training));
    }
  };
};

}  // namespace odot::nn
