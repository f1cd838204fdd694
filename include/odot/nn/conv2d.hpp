#pragma once
// SPDX-License-Identifier: MIT
// Conv2d: the 2-D convolution.

#include <cstddef>
#include <string>
#include <type_traits>
#include <vector>

#include "odot/kernels/conv2d/contract.hpp"
#include "odot/kernels/grouped_conv/contract.hpp"
#include "odot/nn/description.hpp"
#include "odot/nn/layer.hpp"
#include "odot/nn/pass.hpp"

namespace odot::nn {

struct Conv2dOptions {
  std::size_t kernel_size = 3;  ///< rows and columns
  std::size_t stride = 1;
  std::size_t padding = 0;  ///< zeros on each side
  std::size_t groups = 1;   ///< groups of channels, each convolved by itself; as many groups as channels: depthwise
  bool bias = true;
};

namespace detail {

/// The words of Conv2d.
ODOT_COLD inline std::string conv2d_words(std::size_t out_channels, const Conv2dOptions& options) {
  LayerWords words("conv2d");
  words.add(out_channels).add("kernel", options.kernel_size);
  if (options.stride != 1) words.add("stride", options.stride);
  if (options.padding != 0) words.add("padding", options.padding);
  if (options.groups != 1) words.add("groups", options.groups);
  return words.add_if(!options.bias, "no bias").text();
}

}  // namespace detail

/// 2-D convolution (cross-correlation): y[o] = b[o] + Σ_c w[o, c] ⋆ x[c], c the channels of o's group.
/// Shapes  x [N, C, H, W], weight [O, C/groups, K, K], bias [O] → y [N, O, (H+2P−K)/S+1, (W+2P−K)/S+1]
/// Grad    dx overwritten;  dW, db added
/// Errors  compile time: input of a rank other than 3; a kernel larger than the padded input; groups that do not divide
///         both numbers of channels
/// Cost    2·N·O·H'·W'·(C/groups)·K² FLOP forward, twice that backward
/// Source  same convention as torch.nn.Conv2d
template <std::size_t OutChannels, Conv2dOptions Options = Conv2dOptions{}>
struct Conv2d {
  static_assert(OutChannels > 0, "odot::nn::Conv2d: out_channels must be at least 1");
  static_assert(Options.kernel_size > 0 && Options.stride > 0 && Options.groups > 0,
                "odot::nn::Conv2d: kernel_size, stride and groups must be at least 1");

 private:
  template <ShapeType In>
  struct Rule {
    static constexpr std::size_t extent(std::size_t axis) { return axis < In::rank ? In::extents[axis] : 1; }
    static constexpr bool fits = In::rank != 3 || (Options.kernel_size <= extent(1) + 2 * Options.padding &&
                                                   Options.kernel_size <= extent(2) + 2 * Options.padding);
    // After a failed rule, any valid shape: one error is enough.
    using image = Shape<extent(0), fits ? extent(1) : Options.kernel_size, fits ? extent(2) : Options.kernel_size>;
    using geometry = kernels::ConvGeometry<
        std::conditional_t<In::rank == 3 && fits, image, Shape<extent(0), Options.kernel_size, Options.kernel_size>>,
        OutChannels, Options.kernel_size, Options.stride, Options.padding>;
    static constexpr bool divides = extent(0) % Options.groups == 0 && OutChannels % Options.groups == 0;
    static constexpr std::size_t groups = divides ? Options.groups : 1;
    static constexpr kernels::ConvAxis both_axes{Options.kernel_size, Options.stride, Options.padding};
    using grouped = kernels::GroupedGeometry<typename geometry::input, OutChannels, groups, both_axes, both_axes>;
    using parameters = Parameters<Parameter<"weight", typename grouped::weight>,
                                  OptionalParameter<Options.bias, "bias", Shape<OutChannels>, Init::zero>>;
    // Last: after a failed assertion, compilers skip the rest of a class.
    static_assert(In::rank == 3, "odot::nn::Conv2d: input must be rank 3, [channels, height, width]");
    static_assert(divides, "odot::nn::Conv2d: groups must divide the number of input channels and of output channels");
    static_assert(fits, "odot::nn::Conv2d: kernel must not exceed the padded input; add padding or shrink the kernel");
  };

 public:
  template <ShapeType In>
  struct bind : Layer<In, typename Rule<In>::geometry::output, typename Rule<In>::parameters> {
    using geometry = typename Rule<In>::geometry;
    using grouped = typename Rule<In>::grouped;
    static constexpr bool is_grouped = grouped::groups > 1;

    ODOT_COLD static void describe(std::vector<std::string>& parts) {
      parts.push_back(detail::conv2d_words(OutChannels, Options));
    }

    static void forward(auto pass, auto x, auto y) {
      using D = typename decltype(pass)::device;
      const auto w = pass.parameter(weight);
      const auto b = pass.parameter_or_empty(bias);
      if constexpr (is_grouped) kernels::GroupedConv<D>::template forward<grouped>(pass.workspace(), x, w, b, y);
      else kernels::Conv2d<D>::template forward<geometry>(pass.workspace(), x, w, b, y);
    }

    static void backward(auto pass, auto x, auto /*y*/, auto dy, auto dx) {
      using D = typename decltype(pass)::device;
      const auto w = pass.parameter(weight);
      const auto dw = pass.gradient(weight);
      const auto db = pass.gradient_or_empty(bias);
      if constexpr (is_grouped)
        kernels::GroupedConv<D>::template backward<grouped>(pass.workspace(), x, w, dy, dw, db, dx);
      else kernels::Conv2d<D>::template backward<geometry>(pass.workspace(), x, w, dy, dw, db, dx);
    }
  };
};

}  // namespace odot::nn
