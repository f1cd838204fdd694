#pragma once
// SPDX-License-Identifier: MIT
// AdaptiveAvgPool2d.

#include <cstddef>
#include <cstdint>

#include "odot/kernels/plane_mean.hpp"
#include "odot/nn/description.hpp"
#include "odot/nn/layer.hpp"
#include "odot/nn/pass.hpp"

namespace odot::nn {

/// The mean of each channel, whatever the image's extents: `nn::AdaptiveAvgPool2d<1>`, global average pooling. Sums are
/// made in stretches, so that their error does not grow with the image.
/// Shapes  x [N, C, H, W] → y [N, C, 1, 1]
/// Grad    dx = dy/(H·W) (overwritten)
/// Errors  compile time: input of a rank other than 3; an output size other than 1 (nn::AvgPool2d has windows)
/// Source  same convention as torch.nn.AdaptiveAvgPool2d(1)
template <std::size_t OutputSize>
struct AdaptiveAvgPool2d {
 private:
  template <ShapeType In>
  struct Rule {
    using output = Shape<(In::rank > 0 ? In::extents[0] : 1), 1, 1>;
    static_assert(OutputSize == 1, "odot::nn::AdaptiveAvgPool2d: output size must be 1; nn::AvgPool2d has windows");
    static_assert(In::rank == 3, "odot::nn::AdaptiveAvgPool2d: input must be rank 3, [channels, height, width]");
  };

 public:
  template <ShapeType In>
  struct bind : Layer<In, typename Rule<In>::output> {
    static constexpr bool backward_reads_input = false;

    static constexpr std::uint64_t flop() { return In::size; }

    ODOT_COLD static void describe(LayerParts& parts) {
      parts.push_back(LayerWords("adaptive_avg_pool2d").add(OutputSize).text());
    }

    static void forward(auto pass, auto x, auto y) {
      kernels::PlaneMean<typename decltype(y)::device>::forward(pass.workspace(), x, y);
    }
    static void backward(auto pass, auto /*x*/, auto /*y*/, auto dy, auto dx) {
      kernels::PlaneMean<typename decltype(dx)::device>::backward(pass.workspace(), dy, dx);
    }
  };
};

}  // namespace odot::nn
