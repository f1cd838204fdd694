#pragma once
// SPDX-License-Identifier: MIT
// ConvTranspose2d.

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "odot/core/view.hpp"
#include "odot/kernels/channel_bias.hpp"
#include "odot/kernels/conv2d/contract.hpp"
#include "odot/nn/convolution.hpp"
#include "odot/nn/layer.hpp"
#include "odot/nn/pass.hpp"

namespace odot::nn {

struct ConvTranspose2dOptions {
  std::size_t kernel_size = 3;  ///< rows and columns
  std::size_t stride = 1;
  std::size_t padding = 0;         ///< rows and columns of the output that are left out on each side
  std::size_t output_padding = 0;  ///< further ones at the bottom and on the right, fewer than stride
  bool bias = true;
};

/// Transposed convolution: the computation of a convolution's input gradient, as a layer. Every input
/// pixel adds its multiple of the kernel to the output, `stride` apart.
/// Shapes  x [N, C, H, W], weight [C, O, K, K], bias [O] → y [N, O, (H−1)S − 2P + K + output_padding, likewise]
/// Grad    dx = w ⋆ dy (overwritten);  dW, db added
/// Errors  compile time: input of a rank other than 3; output_padding not below stride; no output left
/// Cost    2·N·C·H·W·O·K² FLOP forward, twice that backward
/// Source  same convention as torch.nn.ConvTranspose2d
template <std::size_t OutChannels, ConvTranspose2dOptions Options = ConvTranspose2dOptions{}>
struct ConvTranspose2d {
 private:
  template <ShapeType In>
  struct Rule {
    static constexpr std::size_t extent(std::size_t axis) { return axis < In::rank ? In::extents[axis] : 1; }
    static constexpr std::size_t at_least_one(std::size_t number) { return (std::max)(number, std::size_t{1}); }
    // Where a rule is broken, numbers that do not break it: one error is enough.
    static constexpr bool positive = Options.kernel_size > 0 && Options.stride > 0;
    static constexpr bool padded = !positive || Options.output_padding < Options.stride;
    static constexpr std::size_t kernel = at_least_one(Options.kernel_size), stride = at_least_one(Options.stride);
    static constexpr std::size_t whole(std::size_t axis) {
      return (extent(axis) - 1) * stride + kernel + (padded ? Options.output_padding : 0);
    }
    static constexpr bool fits = whole(1) > 2 * Options.padding&& whole(2) > 2 * Options.padding;
    static constexpr std::size_t padding = fits ? Options.padding : 0;
    /// The convolution from y to x.
    using geometry =
        kernels::ConvGeometry<Shape<at_least_one(OutChannels), whole(1) - 2 * padding, whole(2) - 2 * padding>,
                              extent(0), kernel, stride, padding>;
    using parameters =
        Parameters<Parameter<"weight", typename geometry::weight>,
                   OptionalParameter<Options.bias, "bias", Shape<at_least_one(OutChannels)>, Init::zero>>;
    static_assert(OutChannels > 0, "odot::nn::ConvTranspose2d: out_channels must be at least 1");
    static_assert(positive, "odot::nn::ConvTranspose2d: kernel_size and stride must be at least 1");
    static_assert(padded, "odot::nn::ConvTranspose2d: output_padding must be less than stride");
    static_assert(In::rank == 3, "odot::nn::ConvTranspose2d: input must be rank 3, [channels, height, width]");
    static_assert(fits, "odot::nn::ConvTranspose2d: padding must leave some of the output");
  };

 public:
  template <ShapeType In>
  struct bind : Layer<In, typename Rule<In>::geometry::input, typename Rule<In>::parameters> {
    using geometry = typename Rule<In>::geometry;

    static constexpr std::uint64_t flop() { return 2 * geometry::weight::size * (In::size / In::extents[0]); }

    ODOT_COLD static void describe(LayerParts& parts) {
      parts.push_back(detail::conv_words("conv_transpose2d", OutChannels, Options));
    }

    static void forward(auto pass, auto x, auto y) {
      using P = decltype(pass);
      const BatchView<typename geometry::input, const typename P::scalar, typename P::device> not_read(nullptr,
                                                                                                       x.samples());
      kernels::Conv2d<typename P::device>::template backward<geometry>(
          pass.workspace(), not_read, pass.parameter(weight), x,
          TensorView<typename geometry::weight, typename P::scalar, typename P::device>(), no_bias<P>(), y);
      if constexpr (Options.bias)
        kernels::ChannelBias<typename P::device>::add(pass.workspace(), pass.parameter(bias), y);
    }

    static void backward(auto pass, auto x, auto /*y*/, auto dy, auto dx) {
      using P = decltype(pass);
      using K = kernels::Conv2d<typename P::device>;
      // y is a convolution's input gradient for x  ⇒  dW is that convolution's weight gradient for the input dy
      const BatchView<typename geometry::input, typename P::scalar, typename P::device> no_gradient;
      K::template backward<geometry>(pass.workspace(), dy, pass.parameter(weight), x, pass.gradient(weight),
                                     no_bias<P>(), no_gradient);
      if constexpr (Options.bias)
        kernels::ChannelBias<typename P::device>::backward(pass.workspace(), dy, pass.gradient(bias));
      if (dx)
        K::template forward<geometry>(
            pass.workspace(), dy, pass.parameter(weight),
            TensorView<typename geometry::bias, const typename P::scalar, typename P::device>(), dx);
    }

   private:
    template <class P>
    static auto no_bias() {
      return TensorView<typename geometry::bias, typename P::scalar, typename P::device>();
    }
  };
};

}  // namespace odot::nn
