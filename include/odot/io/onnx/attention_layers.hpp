#pragma once
// SPDX-License-Identifier: MIT
// How the element-wise attention of images is exported to ONNX.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "odot/io/onnx/image_layers.hpp"
#include "odot/io/onnx/walk.hpp"
#include "odot/nn/attention_block.hpp"
#include "odot/nn/attention_heads.hpp"

namespace odot::io::onnx {

namespace detail {

/// Arrays of heads [heads, C or 1, ⌈H/d⌉, ⌈W/d⌉] with a number for every pixel.
ODOT_COLD inline Value for_pixels(const Scope& scope, Value array, const Value& x, std::size_t dilation) {
  if (dilation == 1) return array;
  for (const std::int64_t axis : {2, 3}) {
    std::vector<std::int64_t> places;
    for (std::int64_t i = 0; i < x.dims[static_cast<std::size_t>(axis)]; ++i)
      places.push_back(i / static_cast<std::int64_t>(dilation));
    array = scope.gather(array, scope.list(places), axis);
  }
  return array;
}

/// y = norm(softmax over W of x ⊙ Wx ⊙ softmax over H of x ⊙ Wy) ⊙ x; names of the parameters begin with `prefix`.
/// eps: what is added to the variance of A.
ODOT_COLD inline Value attention_heads(const Scope& scope, const Value& x, const std::string& prefix, std::size_t heads,
                                       const nn::AttentionHeadsOptions& options, double eps) {
  const auto count = static_cast<std::int64_t>(heads);
  const std::int64_t n = x.dims[0], c = x.dims[1], h = x.dims[2], w = x.dims[3];
  const Value pixels = scope.unsqueeze(x, {1});  // [N, 1, C, H, W]
  const auto relevance = [&](const char* weight, const char* bias, std::int64_t axis) {
    Value scores = scope.multiply(pixels, for_pixels(scope, scope.weight(prefix + weight), x, options.dilation));
    if (options.bias) scores = scope.add(scores, for_pixels(scope, scope.weight(prefix + bias), x, options.dilation));
    return scope.softmax(scores, axis);
  };
  const Value rows = relevance("weight_x", "bias_x", 4), columns = relevance("weight_y", "bias_y", 3);
  Value a = scope.multiply(rows, columns);
  if (options.norm) {
    const Value maps = scope.reshape(a, {n, count * c, h, w});
    a = scope.reshape(batch_norm(scope, maps, prefix, options.affine, eps), a.dims);
  }
  return scope.reshape(scope.multiply(a, pixels), {n, count * c, h, w});
}

}  // namespace detail

template <std::size_t Heads, nn::AttentionHeadsOptions P, BoundBy<nn::AttentionHeads<Heads, P>> L>
Value put(const nn::AttentionHeads<Heads, P>*, Bound<L>, const Scope& scope, const Value& x) {
  return detail::attention_heads(scope, x, "", Heads, P, L::constants.eps);
}

template <std::size_t Heads, nn::AttentionBlockOptions P, BoundBy<nn::AttentionBlock<Heads, P>> L>
Value put(const nn::AttentionBlock<Heads, P>*, Bound<L>, const Scope& scope, const Value& x) {
  const Value heads = detail::attention_heads(scope, x, "heads.", Heads, P.heads, L::heads::constants.eps);
  Value y = detail::convolution(scope, heads, "conv.", x.dims, {.kernel_size = 3, .padding = 1});
  if (P.skip) y = scope.add(y, x);
  return P.relu ? scope.map("Relu", y) : y;
}

}  // namespace odot::io::onnx
