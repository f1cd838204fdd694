#pragma once
// SPDX-License-Identifier: MIT
// How layers of images and of single elements are exported to ONNX.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <string>
#include <vector>

#include "odot/io/onnx/walk.hpp"
#include "odot/nn/adaptive_avg_pool2d.hpp"
#include "odot/nn/avg_pool2d.hpp"
#include "odot/nn/batch_norm1d.hpp"
#include "odot/nn/batch_norm2d.hpp"
#include "odot/nn/conv1d.hpp"
#include "odot/nn/conv2d.hpp"
#include "odot/nn/conv_transpose2d.hpp"
#include "odot/nn/dropout.hpp"
#include "odot/nn/dropout2d.hpp"
#include "odot/nn/elu.hpp"
#include "odot/nn/flatten.hpp"
#include "odot/nn/gelu.hpp"
#include "odot/nn/group_norm.hpp"
#include "odot/nn/identity.hpp"
#include "odot/nn/leaky_relu.hpp"
#include "odot/nn/log_softmax.hpp"
#include "odot/nn/max_pool2d.hpp"
#include "odot/nn/normalize.hpp"
#include "odot/nn/relu.hpp"
#include "odot/nn/sigmoid.hpp"
#include "odot/nn/silu.hpp"
#include "odot/nn/softmax.hpp"
#include "odot/nn/tanh.hpp"
#include "odot/nn/upsample2d.hpp"

namespace odot::io::onnx {

namespace detail {

/// Extents of a layer's output, for the number of samples of x.
template <class L>
ODOT_COLD Dims output_dims(const Value& x) {
  Dims dims(L::output_shape::extents.begin(), L::output_shape::extents.end());
  dims.insert(dims.begin(), x.dims.front());
  return dims;
}

/// The windows of a convolution or pooling along `axes` axes.
ODOT_COLD inline Attributes windows(std::size_t axes, std::size_t kernel, std::size_t stride, std::size_t padding) {
  const auto each = [](std::size_t count, std::size_t number) {
    return std::vector<std::int64_t>(count, static_cast<std::int64_t>(number));
  };
  return {{"kernel_shape", each(axes, kernel)}, {"strides", each(axes, stride)}, {"pads", each(2 * axes, padding)}};
}

/// A convolution with the parameters called prefix + "weight" and prefix + "bias".
ODOT_COLD inline Value convolution(const Scope& scope, const Value& x, const std::string& prefix, Dims dims,
                                   const nn::ConvOptions& options) {
  Attributes attributes = windows(x.dims.size() - 2, options.kernel_size, options.stride, options.padding);
  attributes.push_back({"group", static_cast<std::int64_t>(options.groups)});
  std::vector<Value> inputs{x, scope.weight(prefix + "weight")};
  if (options.bias) inputs.push_back(scope.weight(prefix + "bias"));
  return scope.node("Conv", inputs, std::move(dims), std::move(attributes));
}

/// Scale and shift: the parameters weight and bias, or 1 and 0.
ODOT_COLD inline std::vector<Value> scale_and_shift(const Scope& scope, const std::string& prefix, bool affine,
                                                    std::int64_t channels) {
  if (affine) return {scope.weight(prefix + "weight"), scope.weight(prefix + "bias")};
  return {scope.filled({channels}, 1), scope.filled({channels}, 0)};
}

/// A batch norm by its running statistics.
ODOT_COLD inline Value batch_norm(const Scope& scope, const Value& x, const std::string& prefix, bool affine,
                                  double eps) {
  const auto scale = scale_and_shift(scope, prefix, affine, x.dims[1]);
  return scope.node(
      "BatchNormalization",
      {x, scale[0], scale[1], scope.weight(prefix + "running_mean"), scope.weight(prefix + "running_var")}, x.dims,
      {{"epsilon", eps}});
}

/// [C] → [C, 1, 1], as many axes as x has behind its channels.
ODOT_COLD inline Value per_channel(const Scope& scope, const Value& channels, const Value& x) {
  std::vector<std::int64_t> axes;
  for (std::size_t axis = 1; axis + 1 < x.dims.size(); ++axis) axes.push_back(static_cast<std::int64_t>(axis));
  return axes.empty() ? channels : scope.unsqueeze(channels, axes);
}

ODOT_COLD inline Value group_norm(const Scope& scope, const Value& x, std::size_t groups, bool affine, double eps) {
  const auto count = static_cast<std::int64_t>(groups);
  const std::int64_t each = x.dims[1] * x.dims[2] * x.dims[3] / count;
  const Value rows = scope.reshape(x, {x.dims[0], count, each});
  const Value normalised =
      scope.node("InstanceNormalization", {rows, scope.filled({count}, 1), scope.filled({count}, 0)}, rows.dims,
                 {{"epsilon", eps}});
  const Value y = scope.reshape(normalised, x.dims);
  if (!affine) return y;
  const Value scaled = scope.multiply(y, per_channel(scope, scope.weight("weight"), x));
  return scope.add(scaled, per_channel(scope, scope.weight("bias"), x));
}

ODOT_COLD inline Value gelu(const Scope& scope, const Value& x) {
  const Value erf = scope.map("Erf", scope.divide(x, scope.number(std::numbers::sqrt2)));
  const Value twice = scope.multiply(x, scope.add(erf, scope.number(1)));
  return scope.multiply(twice, scope.number(0.5));
}

ODOT_COLD inline Value resize(const Scope& scope, const Value& x, Dims dims, std::size_t scale, bool nearest) {
  const auto factor = static_cast<float>(scale);
  const std::vector<float> scales{1, 1, factor, factor};
  const Value factors = scope.model().constant({4}, DataType::f32, bytes_of(scales));
  const Value none{"", {}, x.type};  // an input that is absent
  Attributes attributes{{"mode", nearest ? "nearest" : "linear"},
                        {"coordinate_transformation_mode", nearest ? "asymmetric" : "half_pixel"}};
  if (nearest) attributes.push_back({"nearest_mode", "floor"});
  return scope.node("Resize", {x, none, factors}, std::move(dims), std::move(attributes));
}

}  // namespace detail

template <std::size_t O, nn::ConvOptions P, BoundBy<nn::Conv2d<O, P>> L>
Value put(const nn::Conv2d<O, P>*, Bound<L>, const Scope& scope, const Value& x) {
  return detail::convolution(scope, x, "", detail::output_dims<L>(x), P);
}
template <std::size_t O, nn::ConvOptions P, BoundBy<nn::Conv1d<O, P>> L>
Value put(const nn::Conv1d<O, P>*, Bound<L>, const Scope& scope, const Value& x) {
  return detail::convolution(scope, x, "", detail::output_dims<L>(x), P);
}
template <std::size_t O, nn::ConvTranspose2dOptions P, BoundBy<nn::ConvTranspose2d<O, P>> L>
Value put(const nn::ConvTranspose2d<O, P>*, Bound<L>, const Scope& scope, const Value& x) {
  Attributes attributes = detail::windows(2, P.kernel_size, P.stride, P.padding);
  attributes.push_back({"output_padding", std::vector<std::int64_t>(2, static_cast<std::int64_t>(P.output_padding))});
  std::vector<Value> inputs{x, scope.weight("weight")};
  if (P.bias) inputs.push_back(scope.weight("bias"));
  return scope.node("ConvTranspose", inputs, detail::output_dims<L>(x), std::move(attributes));
}

template <std::size_t K, nn::MaxPool2dOptions P, BoundBy<nn::MaxPool2d<K, P>> L>
Value put(const nn::MaxPool2d<K, P>*, Bound<L>, const Scope& scope, const Value& x) {
  return scope.node("MaxPool", {x}, detail::output_dims<L>(x), detail::windows(2, K, L::geometry::stride, P.padding));
}
template <std::size_t K, nn::AvgPool2dOptions P, BoundBy<nn::AvgPool2d<K, P>> L>
Value put(const nn::AvgPool2d<K, P>*, Bound<L>, const Scope& scope, const Value& x) {
  Attributes attributes = detail::windows(2, K, L::geometry::stride, P.padding);
  attributes.push_back({"count_include_pad", std::int64_t{P.count_include_pad}});
  return scope.node("AveragePool", {x}, detail::output_dims<L>(x), std::move(attributes));
}
template <std::size_t Size, BoundBy<nn::AdaptiveAvgPool2d<Size>> L>
Value put(const nn::AdaptiveAvgPool2d<Size>*, Bound<L>, const Scope& scope, const Value& x) {
  return scope.node("GlobalAveragePool", {x}, detail::output_dims<L>(x));
}
template <std::size_t S, nn::Upsample2dOptions P, BoundBy<nn::Upsample2d<S, P>> L>
Value put(const nn::Upsample2d<S, P>*, Bound<L>, const Scope& scope, const Value& x) {
  return detail::resize(scope, x, detail::output_dims<L>(x), S, L::is_nearest);
}

template <nn::BatchNormOptions P, BoundBy<nn::BatchNorm1d<P>> L>
Value put(const nn::BatchNorm1d<P>*, Bound<L>, const Scope& scope, const Value& x) {
  return detail::batch_norm(scope, x, "", P.affine, P.eps);
}
template <nn::BatchNormOptions P, BoundBy<nn::BatchNorm2d<P>> L>
Value put(const nn::BatchNorm2d<P>*, Bound<L>, const Scope& scope, const Value& x) {
  return detail::batch_norm(scope, x, "", P.affine, P.eps);
}
template <std::size_t G, nn::GroupNormOptions P, BoundBy<nn::GroupNorm<G, P>> L>
Value put(const nn::GroupNorm<G, P>*, Bound<L>, const Scope& scope, const Value& x) {
  return detail::group_norm(scope, x, G, P.affine, P.eps);
}
template <BoundBy<nn::Normalize> L>
Value put(const nn::Normalize*, Bound<L>, const Scope& scope, const Value& x) {
  const Value centred = scope.subtract(x, detail::per_channel(scope, scope.weight("mean"), x));
  return scope.divide(centred, detail::per_channel(scope, scope.weight("deviation"), x));
}

template <BoundBy<nn::ReLU> L>
Value put(const nn::ReLU*, Bound<L>, const Scope& scope, const Value& x) {
  return scope.map("Relu", x);
}
template <BoundBy<nn::Sigmoid> L>
Value put(const nn::Sigmoid*, Bound<L>, const Scope& scope, const Value& x) {
  return scope.map("Sigmoid", x);
}
template <BoundBy<nn::Tanh> L>
Value put(const nn::Tanh*, Bound<L>, const Scope& scope, const Value& x) {
  return scope.map("Tanh", x);
}
template <BoundBy<nn::SiLU> L>
Value put(const nn::SiLU*, Bound<L>, const Scope& scope, const Value& x) {
  return scope.multiply(x, scope.map("Sigmoid", x));
}
template <BoundBy<nn::GELU> L>
Value put(const nn::GELU*, Bound<L>, const Scope& scope, const Value& x) {
  return detail::gelu(scope, x);
}
template <nn::LeakyReLUOptions P, BoundBy<nn::LeakyReLU<P>> L>
Value put(const nn::LeakyReLU<P>*, Bound<L>, const Scope& scope, const Value& x) {
  return scope.map("LeakyRelu", x, Attributes{{"alpha", P.negative_slope}});
}
template <nn::ELUOptions P, BoundBy<nn::ELU<P>> L>
Value put(const nn::ELU<P>*, Bound<L>, const Scope& scope, const Value& x) {
  return scope.map("Elu", x, Attributes{{"alpha", P.alpha}});
}
template <BoundBy<nn::Softmax> L>
Value put(const nn::Softmax*, Bound<L>, const Scope& scope, const Value& x) {
  return scope.softmax(x);
}
template <BoundBy<nn::LogSoftmax> L>
Value put(const nn::LogSoftmax*, Bound<L>, const Scope& scope, const Value& x) {
  return scope.map("LogSoftmax", x, Attributes{{"axis", std::int64_t{-1}}});
}
template <BoundBy<nn::Flatten> L>
Value put(const nn::Flatten*, Bound<L>, const Scope& scope, const Value& x) {
  return scope.node("Flatten", {x}, detail::output_dims<L>(x), {{"axis", std::int64_t{1}}});
}

// What changes nothing in evaluation.
template <BoundBy<nn::Identity> L>
Value put(const nn::Identity*, Bound<L>, const Scope&, const Value& x) {
  return x;
}
template <nn::Probability P, BoundBy<nn::Dropout<P>> L>
Value put(const nn::Dropout<P>*, Bound<L>, const Scope&, const Value& x) {
  return x;
}
template <nn::Probability P, BoundBy<nn::Dropout2d<P>> L>
Value put(const nn::Dropout2d<P>*, Bound<L>, const Scope&, const Value& x) {
  return x;
}

}  // namespace odot::io::onnx
