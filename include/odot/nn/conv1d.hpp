#pragma once
// SPDX-License-Identifier: MIT
// Conv1d: the convolution along one axis.

#include <cstddef>
#include <string>
#include <vector>

#include "odot/core/view.hpp"
#include "odot/kernels/grouped_conv/contract.hpp"
#include "odot/nn/description.hpp"
#include "odot/nn/layer.hpp"
#include "odot/nn/pass.hpp"

namespace odot::nn {

struct Conv1dOptions {
  std::size_t kernel_size = 3;
  std::size_t stride = 1;
  std::size_t padding = 0;  ///< zeros on each side
  std::size_t groups = 1;   ///< groups of channels, each convolved by itself; as many groups as channels: depthwise
  bool bias = true;
};

/// 1-D convolution (cross-correlation): y[o] = b[o] + Σ_c w[o, c] ⋆ x[c], c the channels of o's group. A sample is
/// [channels, length], as in PyTorch, and not [tokens, features] as for layers of tokens.
/// Shapes  x [N, C, L], weight [O, C/groups, K], bias [O] → y [N, O, (L+2P−K)/S+1]
/// Grad    dx overwritten;  dW, db added
/// Errors  compile time: input of a rank other than 2; a kernel longer than the padded input; groups that do not divide
///         both numbers of channels
/// Cost    2·N·O·L'·(C/groups)·K FLOP forward, twice that backward
/// Source  same convention as torch.nn.Conv1d
template <std::size_t OutChannels, Conv1dOptions Options = Conv1dOptions{}>
struct Conv1d {
  static_assert(OutChannels > 0, "odot::nn::Conv1d: out_channels must be at least 1");
  static_assert(Options.kernel_size > 0 && Options.stride > 0 && Options.groups > 0,
                "odot::nn::Conv1d: kernel_size, stride and groups must be at least 1");

 private:
  template <ShapeType In>
  struct Rule {
    static constexpr std::size_t extent(std::size_t axis) { return axis < In::rank ? In::extents[axis] : 1; }
    static constexpr bool fits = In::rank != 2 || Options.kernel_size <= extent(1) + 2 * Options.padding;
    static constexpr bool divides = extent(0) % Options.groups == 0 && OutChannels % Options.groups == 0;
    // After a failed rule, any valid shape: one error is enough.
    using geometry =
        kernels::GroupedGeometry<Shape<extent(0), 1, In::rank == 2 && fits ? extent(1) : Options.kernel_size>,
                                 OutChannels, divides ? Options.groups : 1, kernels::ConvAxis{},
                                 kernels::ConvAxis{Options.kernel_size, Options.stride, Options.padding}>;
    using weight = Shape<OutChannels, geometry::group_c, Options.kernel_size>;
    using parameters = Parameters<Parameter<"weight", weight>,
                                  OptionalParameter<Options.bias, "bias", Shape<OutChannels>, Init::zero>>;
    static_assert(In::rank == 2, "odot::nn::Conv1d: input must be rank 2, [channels, length]");
    static_assert(divides, "odot::nn::Conv1d: groups must divide the number of input channels and of output channels");
    static_assert(fits, "odot::nn::Conv1d: kernel must not exceed the padded input; add padding or shrink the kernel");
  };

 public:
  template <ShapeType In>
  struct bind : Layer<In, Shape<OutChannels, Rule<In>::geometry::out_w>, typename Rule<In>::parameters> {
    using geometry = typename Rule<In>::geometry;

    ODOT_COLD static void describe(std::vector<std::string>& parts) {
      LayerWords words("conv1d");
      words.add(OutChannels).add("kernel", Options.kernel_size);
      if (Options.stride != 1) words.add("stride", Options.stride);
      if (Options.padding != 0) words.add("padding", Options.padding);
      if (Options.groups != 1) words.add("groups", Options.groups);
      parts.push_back(words.add_if(!Options.bias, "no bias").text());
    }

    static void forward(auto pass, auto x, auto y) {
      kernels::GroupedConv<typename decltype(pass)::device>::template forward<geometry>(
          pass.workspace(), x.template as<typename geometry::input>(),
          pass.parameter(weight).template as<typename geometry::weight>(), pass.parameter_or_empty(bias),
          y.template as<typename geometry::output>());
    }

    static void backward(auto pass, auto x, auto /*y*/, auto dy, auto dx) {
      kernels::GroupedConv<typename decltype(pass)::device>::template backward<geometry>(
          pass.workspace(), x.template as<typename geometry::input>(),
          pass.parameter(weight).template as<typename geometry::weight>(), dy.template as<typename geometry::output>(),
          pass.gradient(weight).template as<typename geometry::weight>(), pass.gradient_or_empty(bias),
          dx.template as<typename geometry::input>());
    }
  };
};

}  // namespace odot::nn
