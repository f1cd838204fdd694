#pragma once
// SPDX-License-Identifier: MIT
// How layers of features and tokens are exported to ONNX.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "odot/io/onnx/image_layers.hpp"
#include "odot/io/onnx/walk.hpp"
#include "odot/nn/class_token.hpp"
#include "odot/nn/embedding.hpp"
#include "odot/nn/layer_norm.hpp"
#include "odot/nn/linear.hpp"
#include "odot/nn/patch_embedding.hpp"
#include "odot/nn/pool_tokens.hpp"
#include "odot/nn/position_embedding.hpp"
#include "odot/nn/recent_tokens.hpp"
#include "odot/nn/rms_norm.hpp"

namespace odot::io::onnx {

namespace detail {

/// Tokens [N, L, D] by a matrix [Out, D], as nn::Linear keeps it, plus perhaps a bias.
ODOT_COLD inline Value project(const Scope& scope, const Value& x, const Value& matrix, const std::string& bias,
                               bool has_bias) {
  const Value y = scope.matmul(x, scope.transpose(matrix, {1, 0}));
  return has_bias ? scope.add(y, scope.weight(bias)) : y;
}

ODOT_COLD inline Value linear(const Scope& scope, const Value& x, bool bias) {
  const Value matrix = scope.weight("weight");
  if (x.dims.size() == 3) return project(scope, x, matrix, "bias", bias);
  std::vector<Value> inputs{x, matrix};
  if (bias) inputs.push_back(scope.weight("bias"));
  return scope.node("Gemm", inputs, {x.dims[0], matrix.dims[0]}, {{"transB", std::int64_t{1}}});
}

ODOT_COLD inline Value layer_norm(const Scope& scope, const Value& x, bool affine, double eps) {
  std::vector<Value> inputs = scale_and_shift(scope, "", affine, x.dims.back());
  inputs.insert(inputs.begin(), x);
  return scope.node("LayerNormalization", inputs, x.dims, {{"axis", std::int64_t{-1}}, {"epsilon", eps}});
}

ODOT_COLD inline Value rms_norm(const Scope& scope, const Value& x, bool affine, double eps) {
  const auto last = static_cast<std::int64_t>(x.dims.size() - 1);
  const Value square = scope.reduce("ReduceMean", scope.multiply(x, x), last);
  const Value root = scope.map("Sqrt", scope.add(square, scope.number(eps > 0 ? eps : scope.model().epsilon)));
  const Value y = scope.divide(x, root);
  return affine ? scope.multiply(y, scope.weight("weight")) : y;
}

ODOT_COLD inline Value sinusoidal(const Scope& scope, const Value& x) {
  const std::int64_t tokens = x.dims[1], features = x.dims[2];
  std::vector<double> table;
  for (std::int64_t l = 0; l < tokens; ++l)
    for (std::int64_t i = 0; i < features; ++i) {
      const double angle =
          static_cast<double>(l) * std::pow(10000.0, -static_cast<double>(i / 2 * 2) / static_cast<double>(features));
      table.push_back(i % 2 == 0 ? std::sin(angle) : std::cos(angle));
    }
  return scope.add(x, scope.numbers({tokens, features}, table));
}

ODOT_COLD inline Value class_token(const Scope& scope, const Value& x) {
  const Value token = scope.expand(scope.weight("token"), {x.dims[0], 1, x.dims[2]}, x);
  return scope.concat({token, x}, 1);
}

/// [x[l], x[l − 1], …], 0 before the first.
ODOT_COLD inline Value recent_tokens(const Scope& scope, const Value& x, std::int64_t count) {
  if (count == 1) return x;
  const std::int64_t tokens = x.dims[1];
  const Value padded = scope.node("Pad", {x, scope.list({0, count - 1, 0, 0, 0, 0})},
                                  {x.dims[0], tokens + count - 1, x.dims[2]}, {{"mode", "constant"}});
  std::vector<Value> parts;
  for (std::int64_t back = 0; back < count; ++back)
    parts.push_back(scope.slice(padded, 1, count - 1 - back, count - 1 - back + tokens));
  return scope.concat(parts, 2);
}

ODOT_COLD inline Value last_token(const Scope& scope, const Value& x) {
  if (!scope.has_lengths()) return scope.gather(x, scope.integer(x.dims[1] - 1), 1);
  // The token whose number is the length minus 1; lengths beyond the sequence's are its own.
  const Value length = scope.map("Min", scope.lengths(), scope.integer(x.dims[1]));
  const Value number = scope.unsqueeze(scope.subtract(length, scope.integer(1)), {1});
  const Value is_last = scope.compare("Equal", scope.numbers_from(0, x.dims[1]), number);
  const Value mask = scope.unsqueeze(is_last, {2});
  return scope.reduce("ReduceSum", scope.choose(mask, x, scope.number(0)), 1, false);
}

ODOT_COLD inline Value mean_tokens(const Scope& scope, const Value& x) {
  if (!scope.has_lengths()) return scope.reduce("ReduceMean", x, 1, false);
  const Value sum = scope.reduce("ReduceSum", scope.without_padding(x), 1, false);
  const Value length = scope.map("Min", scope.lengths(), scope.integer(x.dims[1]));
  const Value count = scope.cast(scope.map("Max", length, scope.integer(1)), x.type);
  return scope.divide(sum, scope.unsqueeze(count, {1}));
}

ODOT_COLD inline Value patches(const Scope& scope, const Value& x, const Dims& dims, std::size_t patch) {
  const std::int64_t size = static_cast<std::int64_t>(patch);
  const Value planes = convolution(scope, x, "", {x.dims[0], dims[2], x.dims[2] / size, x.dims[3] / size},
                                   {.kernel_size = patch, .stride = patch});
  return scope.transpose(scope.reshape(planes, {x.dims[0], dims[2], dims[1]}), {0, 2, 1});
}

ODOT_COLD inline Value embedding(const Scope& scope, const Value& x) {
  const bool indices = x.type == DataType::i32 || x.type == DataType::i64;
  return scope.gather(scope.weight("weight"), indices ? x : scope.cast(x, DataType::i64), 0);
}

}  // namespace detail

template <std::size_t Out, nn::LinearOptions P, BoundBy<nn::Linear<Out, P>> L>
Value put(const nn::Linear<Out, P>*, Bound<L>, const Scope& scope, const Value& x) {
  return detail::linear(scope, x, P.bias);
}
template <nn::LayerNormOptions P, BoundBy<nn::LayerNorm<P>> L>
Value put(const nn::LayerNorm<P>*, Bound<L>, const Scope& scope, const Value& x) {
  return detail::layer_norm(scope, x, P.elementwise_affine, P.eps);
}
template <nn::RMSNormOptions P, BoundBy<nn::RMSNorm<P>> L>
Value put(const nn::RMSNorm<P>*, Bound<L>, const Scope& scope, const Value& x) {
  return detail::rms_norm(scope, x, P.elementwise_affine, P.eps);
}
template <std::size_t V, std::size_t F, BoundBy<nn::Embedding<V, F>> L>
Value put(const nn::Embedding<V, F>*, Bound<L>, const Scope& scope, const Value& x) {
  return detail::embedding(scope, x);
}
template <std::size_t P, std::size_t F, BoundBy<nn::PatchEmbedding<P, F>> L>
Value put(const nn::PatchEmbedding<P, F>*, Bound<L>, const Scope& scope, const Value& x) {
  return detail::patches(scope, x, detail::output_dims<L>(x), P);
}
template <BoundBy<nn::PositionEmbedding> L>
Value put(const nn::PositionEmbedding*, Bound<L>, const Scope& scope, const Value& x) {
  return scope.add(x, scope.weight("weight"));
}
template <BoundBy<nn::SinusoidalPosition> L>
Value put(const nn::SinusoidalPosition*, Bound<L>, const Scope& scope, const Value& x) {
  return detail::sinusoidal(scope, x);
}
template <std::size_t Count, BoundBy<nn::RecentTokens<Count>> L>
Value put(const nn::RecentTokens<Count>*, Bound<L>, const Scope& scope, const Value& x) {
  return detail::recent_tokens(scope, x, static_cast<std::int64_t>(Count));
}
template <BoundBy<nn::ClassToken> L>
Value put(const nn::ClassToken*, Bound<L>, const Scope& scope, const Value& x) {
  return detail::class_token(scope, x);
}
template <std::size_t Index, BoundBy<nn::SelectToken<Index>> L>
Value put(const nn::SelectToken<Index>*, Bound<L>, const Scope& scope, const Value& x) {
  return scope.gather(x, scope.integer(static_cast<std::int64_t>(Index)), 1);
}
template <BoundBy<nn::LastToken> L>
Value put(const nn::LastToken*, Bound<L>, const Scope& scope, const Value& x) {
  return detail::last_token(scope, x);
}
template <BoundBy<nn::MeanTokens> L>
Value put(const nn::MeanTokens*, Bound<L>, const Scope& scope, const Value& x) {
  return detail::mean_tokens(scope, x);
}

}  // namespace odot::io::onnx
