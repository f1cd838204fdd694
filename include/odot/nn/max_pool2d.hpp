#pragma once
// SPDX-License-Identifier: MIT
// MaxPool2d: the largest number of every window.

#include <cstddef>
#include <cstdint>

#include "odot/kernels/pool2d/contract.hpp"
#include "odot/nn/description.hpp"
#include "odot/nn/layer.hpp"
#include "odot/nn/pass.hpp"
#include "odot/nn/pool_rule.hpp"

namespace odot::nn {

struct MaxPool2dOptions {
  std::size_t stride = 0;   ///< 0: the kernel size
  std::size_t padding = 0;  ///< on each side, at most half of the kernel size; never a window's largest number
};

/// The largest number of every window of each channel; NaN if one of them is.
/// Shapes  x [N, C, H, W] → y [N, C, ⌊(H+2P−K)/S⌋+1, ⌊(W+2P−K)/S⌋+1]
/// Grad    dx = Σ dy of the windows whose largest number x is; of equal ones the first in row-major order (overwritten)
/// Errors  compile time: input of a rank other than 3; windows larger than the padded input; padding above K/2
/// Memory  in training, one number per output: its tap, the place of the largest number in the window
/// Source  same convention as torch.nn.MaxPool2d, with ceil_mode=False
template <std::size_t KernelSize, MaxPool2dOptions Options = MaxPool2dOptions{}>
struct MaxPool2d {
 private:
  template <ShapeType In>
  struct Rule : detail::PoolRule<In, KernelSize, Options.stride, Options.padding> {
    static_assert(KernelSize > 0 && KernelSize <= 4096, "odot::nn::MaxPool2d: kernel_size must be from 1 to 4096");
    static_assert(2 * Options.padding <= KernelSize,
                  "odot::nn::MaxPool2d: padding must be at most half of kernel_size");
    static_assert(In::rank == 3, "odot::nn::MaxPool2d: input must be rank 3, [channels, height, width]");
    static_assert(Rule::fits,
                  "odot::nn::MaxPool2d: windows must not exceed the padded input; choose a smaller kernel_size");
  };

 public:
  template <ShapeType In>
  struct bind : Layer<In, typename Rule<In>::geometry::output> {
    using geometry = typename Rule<In>::geometry;
    using output = typename geometry::output;
    static constexpr bool backward_reads_input = false;
    static constexpr std::size_t cache_elements(std::size_t n) { return output::size * n; }

    static constexpr std::uint64_t flop() { return KernelSize * KernelSize * bind::output_shape::size; }

    ODOT_COLD static void describe(LayerParts& parts) {
      parts.push_back(detail::pool_words("max_pool2d", KernelSize, geometry::stride, Options.padding).text());
    }

    static void forward(auto pass, auto x, auto y) {
      kernels::MaxPool2d<typename decltype(pass)::device>::template forward<geometry>(pass.workspace(), x,
                                                                                      taps(pass, x.samples()), y);
    }
    static void backward(auto pass, auto /*x*/, auto /*y*/, auto dy, auto dx) {
      const decltype(dy) kept = taps(pass, dy.samples());
      kernels::MaxPool2d<typename decltype(pass)::device>::template backward<geometry>(pass.workspace(), kept, dy, dx);
    }

   private:
    /// The place of the largest number in each window; empty in predict.
    template <class P>
    static auto taps(const P& pass, std::size_t n) {
      return BatchView<output, typename P::scalar, typename P::device>(pass.cache(), n);
    }
  };
};

}  // namespace odot::nn
