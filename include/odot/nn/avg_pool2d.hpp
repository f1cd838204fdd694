#pragma once
// SPDX-License-Identifier: MIT
// AvgPool2d.

#include <cstddef>
#include <cstdint>

#include "odot/kernels/pool2d/contract.hpp"
#include "odot/nn/description.hpp"
#include "odot/nn/layer.hpp"
#include "odot/nn/pass.hpp"
#include "odot/nn/pool_rule.hpp"

namespace odot::nn {

struct AvgPool2dOptions {
  std::size_t stride = 0;         ///< 0: the kernel size
  std::size_t padding = 0;        ///< zeros on each side, at most half of the kernel size
  bool count_include_pad = true;  ///< divide by kernel_size² everywhere; if false, by the window's pixels in the image
};

/// The mean of every window of each channel.
/// Shapes  x [N, C, H, W] → y [N, C, ⌊(H+2P−K)/S⌋+1, ⌊(W+2P−K)/S⌋+1]
/// Grad    dx = Σ dy / size over the windows that contain it (overwritten)
/// Errors  compile time: input of a rank other than 3; windows larger than the padded input; padding above K/2
/// Source  same convention as torch.nn.AvgPool2d, with ceil_mode=False
template <std::size_t KernelSize, AvgPool2dOptions Options = AvgPool2dOptions{}>
struct AvgPool2d {
 private:
  template <ShapeType In>
  struct Rule : detail::PoolRule<In, KernelSize, Options.stride, Options.padding> {
    static_assert(KernelSize > 0, "odot::nn::AvgPool2d: kernel_size must be at least 1");
    static_assert(2 * Options.padding <= KernelSize,
                  "odot::nn::AvgPool2d: padding must be at most half of kernel_size");
    static_assert(In::rank == 3, "odot::nn::AvgPool2d: input must be rank 3, [channels, height, width]");
    static_assert(Rule::fits,
                  "odot::nn::AvgPool2d: windows must not exceed the padded input; choose a smaller kernel_size");
  };

 public:
  template <ShapeType In>
  struct bind : Layer<In, typename Rule<In>::geometry::output> {
    using geometry = typename Rule<In>::geometry;
    static constexpr bool backward_reads_input = false;

    static constexpr std::uint64_t flop() { return KernelSize * KernelSize * bind::output_shape::size; }

    ODOT_COLD static void describe(LayerParts& parts) {
      parts.push_back(detail::pool_words("avg_pool2d", KernelSize, geometry::stride, Options.padding)
                          .add_if(Options.padding != 0 && !Options.count_include_pad, "padding not counted")
                          .text());
    }

    static void forward(auto pass, auto x, auto y) {
      kernels::AvgPool2d<typename decltype(pass)::device>::template forward<geometry, Options.count_include_pad>(
          pass.workspace(), x, y);
    }
    static void backward(auto pass, auto /*x*/, auto /*y*/, auto dy, auto dx) {
      kernels::AvgPool2d<typename decltype(pass)::device>::template backward<geometry, Options.count_include_pad>(
          pass.workspace(), dy, dx);
    }
  };
};

}  // namespace odot::nn
