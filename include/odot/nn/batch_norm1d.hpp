#pragma once
// SPDX-License-Identifier: MIT
// BatchNorm1d.

#include <cstddef>
#include <string>
#include <vector>

#include "odot/core/number_text.hpp"
#include "odot/nn/batch_norm2d.hpp"
#include "odot/nn/description.hpp"
#include "odot/nn/layer.hpp"
#include "odot/nn/pass.hpp"

namespace odot::nn {

using BatchNorm1dOptions = BatchNorm2dOptions;

/// Batch normalisation of features, or of the channels of series: y = γ (x − μ)/√(σ² + eps) + β; batch statistics in
/// training, running ones in predict.
/// Shapes  x [N, C] or [N, C, L], weight γ and bias β [C] → y as x; buffers running_mean, running_var [C]
/// Grad    that of nn::BatchNorm2d
/// Errors  compile time: input of a rank other than 1 and 2
/// Source  same convention as torch.nn.BatchNorm1d (eps 1e-5, momentum 0.1)
template <BatchNorm1dOptions Options = BatchNorm1dOptions{}>
struct BatchNorm1d {
 private:
  template <ShapeType In>
  struct Rule {
    static constexpr std::size_t channels = In::rank > 0 ? In::extents[0] : 1;
    using image = Shape<channels, 1, In::size / channels>;
    using norm = typename BatchNorm2d<Options>::template bind<image>;
    static_assert(In::rank == 1 || In::rank == 2,
                  "odot::nn::BatchNorm1d: input must be rank 1 or 2, [features] or [channels, length]");
  };

 public:
  template <ShapeType In>
  struct bind : Layer<In, In, typename Rule<In>::norm::parameters, typename Rule<In>::norm::buffers> {
    using norm = typename Rule<In>::norm;
    using image = typename Rule<In>::image;
    static constexpr bool couples_samples = true;
    static constexpr std::size_t cache_elements(std::size_t n) { return norm::cache_elements(n); }

    ODOT_COLD static void describe(LayerParts& parts) {
      parts.push_back(LayerWords("batch_norm1d")
                          .add("eps", number_text::shortest(Options.eps))
                          .add_if(!Options.affine, "not affine")
                          .add_if(parts.training, "momentum " + number_text::shortest(Options.momentum))
                          .text());
    }

    static void forward(auto pass, auto x, auto y) {
      norm::forward(pass, x.template as<image>(), y.template as<image>());
    }
    static void backward(auto pass, auto x, auto y, auto dy, auto dx) {
      norm::backward(pass, x.template as<image>(), y.template as<image>(), dy.template as<image>(),
                     dx.template as<image>());
    }
  };
};

}  // namespace odot::nn
