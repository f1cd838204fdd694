#pragma once
// SPDX-License-Identifier: MIT
// What the convolutions of images and of series have in common.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>

#include "odot/kernels/conv2d/contract.hpp"
#include "odot/kernels/grouped_conv/contract.hpp"
#include "odot/nn/description.hpp"
#include "odot/nn/layer.hpp"
#include "odot/nn/pass.hpp"

namespace odot::nn {

/// Options of nn::Conv1d and nn::Conv2d.
struct ConvOptions {
  std::size_t kernel_size = 3;  ///< along each axis
  std::size_t stride = 1;
  std::size_t padding = 0;  ///< zeros on each side
  std::size_t groups = 1;   ///< of channels, each convolved by itself; as many as channels: depthwise
  bool bias = true;
};

namespace detail {

/// Shapes of a convolution along `Axes` axes, and what they must satisfy. Where a rule is broken, shapes that do not break
/// it, as one error is enough.
template <ShapeType In, std::size_t Axes, std::size_t OutChannels, ConvOptions Options>
struct ConvRule {
  static constexpr bool has_rank = In::rank == Axes + 1;
  static constexpr bool positive = Options.kernel_size > 0 && Options.stride > 0 && Options.groups > 0;
  static constexpr std::size_t extent(std::size_t number) { return number < In::rank ? In::extents[number] : 1; }
  /// Whether the kernel is no larger than the padded input.
  static constexpr bool fits = !has_rank || (Options.kernel_size <= extent(1) + 2 * Options.padding &&
                                             Options.kernel_size <= extent(Axes) + 2 * Options.padding);
  static constexpr bool divides = !positive || (extent(0) % Options.groups == 0 && OutChannels % Options.groups == 0);

 private:
  static constexpr std::size_t at_least_one(std::size_t number) { return (std::max)(number, std::size_t{1}); }
  static constexpr bool valid = has_rank && fits && positive;
  static constexpr std::size_t out = at_least_one(OutChannels), kernel = at_least_one(Options.kernel_size);
  static constexpr kernels::ConvAxis axis{kernel, at_least_one(Options.stride), Options.padding};
  static constexpr std::size_t rows = Axes == 1 ? 1
                                      : valid   ? extent(1)
                                                : kernel,
                               columns = valid ? extent(Axes) : kernel;

 public:
  using geometry =
      kernels::GroupedGeometry<Shape<extent(0), rows, columns>, out, divides ? at_least_one(Options.groups) : 1,
                               Axes == 1 ? kernels::ConvAxis{} : axis, axis>;
  using square = kernels::ConvGeometry<Shape<extent(0), rows, columns>, out, kernel, axis.stride, axis.padding>;
  using output = std::conditional_t<Axes == 1, Shape<out, geometry::out_w>, typename geometry::output>;
  using weight = std::conditional_t<Axes == 1, Shape<out, geometry::group_c, kernel>, typename geometry::weight>;
};

/// The words of a layer with such options, and perhaps further ones.
template <class Options>
ODOT_COLD std::string conv_words(const char* kind, std::size_t out_channels, const Options& options) {
  LayerWords words(kind);
  words.add(out_channels).add("kernel", options.kernel_size);
  if (options.stride != 1) words.add("stride", options.stride);
  if (options.padding != 0) words.add("padding", options.padding);
  if constexpr (requires { options.groups; })
    if (options.groups != 1) words.add("groups", options.groups);
  if constexpr (requires { options.output_padding; })
    if (options.output_padding != 0) words.add("output padding", options.output_padding);
  return words.add_if(!options.bias, "no bias").text();
}

}  // namespace detail

/// y[o] = b[o] + Σ_c w[o, c] ⋆ x[c], c the channels of o's group; Rule: a detail::ConvRule. A layer derives from it and adds
/// its words.
/// Grad    dx overwritten;  dW, db added
template <ShapeType In, class Rule, bool Bias>
struct ConvLayer : Layer<In, typename Rule::output,
                         Parameters<Parameter<"weight", typename Rule::weight>,
                                    OptionalParameter<Bias, "bias", typename Rule::geometry::bias, Init::zero>>> {
  static constexpr std::uint64_t flop() {
    return 2 * Rule::weight::size * (Rule::output::size / Rule::weight::extents[0]);
  }

  static void forward(auto pass, auto x, auto y) {
    kernel<decltype(pass)>::template forward<geometry>(
        pass.workspace(), x.template as<typename geometry::input>(), pass.parameter(weight).template as<weights>(),
        pass.parameter_or_empty(bias), y.template as<typename geometry::output>());
  }

  static void backward(auto pass, auto x, auto /*y*/, auto dy, auto dx) {
    kernel<decltype(pass)>::template backward<geometry>(
        pass.workspace(), x.template as<typename geometry::input>(), pass.parameter(weight).template as<weights>(),
        dy.template as<typename geometry::output>(), pass.gradient(weight).template as<weights>(),
        pass.gradient_or_empty(bias), dx.template as<typename geometry::input>());
  }

 private:
  static constexpr bool is_plain = In::rank == 3 && Rule::geometry::groups == 1;
  using geometry = std::conditional_t<is_plain, typename Rule::square, typename Rule::geometry>;
  using weights = typename geometry::weight;
  template <class P>
  using kernel =
      std::conditional_t<is_plain, kernels::Conv2d<typename P::device>, kernels::GroupedConv<typename P::device>>;
};

}  // namespace odot::nn
