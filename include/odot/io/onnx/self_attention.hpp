#pragma once
// SPDX-License-Identifier: MIT
// How dot-product attention between tokens is exported to ONNX, and what the element-wise one shares with it.

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "odot/io/onnx/token_layers.hpp"
#include "odot/io/onnx/walk.hpp"
#include "odot/nn/self_attention.hpp"

namespace odot::io::onnx {

namespace detail {

/// Which of L tokens each of L tokens must not see, [L, L, 1, …] with `behind` extents of 1: the later ones.
ODOT_COLD inline Value later_tokens(const Scope& scope, std::int64_t tokens, std::size_t behind) {
  std::vector<std::int64_t> own(behind + 2, 1), other = own;
  own[0] = other[1] = tokens;
  const Value numbers = scope.numbers_from(0, tokens);
  const Value mine = scope.reshape(numbers, own), others = scope.reshape(numbers, other);
  return scope.compare("Less", mine, others);
}

/// The scores, −∞ where the condition is true, so that their softmax is 0 there.
ODOT_COLD inline Value hidden(const Scope& scope, const Value& condition, const Value& scores) {
  return scope.choose(condition, scope.number(-std::numeric_limits<double>::infinity()), scores);
}

struct Triple {
  Value q, k, v;
};

/// [N, L, D] → [N, heads, L, D/heads]
ODOT_COLD inline Value split_heads(const Scope& scope, const Value& x, std::int64_t heads) {
  if (heads == 1) return x;
  return scope.transpose(scope.reshape(x, {x.dims[0], x.dims[1], heads, x.dims[2] / heads}), {0, 2, 1, 3});
}

/// Σ_j softmax_j(scale · q_i·k_j) v_j per head; 0 at padding.
ODOT_COLD inline Value dot_product_attention(const Scope& scope, const Triple& x, std::int64_t heads, double scale,
                                             bool causal) {
  const bool has_lengths = scope.has_lengths();
  const Value q = split_heads(scope, x.q, heads), k = split_heads(scope, x.k, heads),
              v = split_heads(scope, has_lengths ? scope.without_padding(x.v) : x.v, heads);
  const std::int64_t tokens = x.q.dims[1];
  const Value turned =
      scope.transpose(k, heads == 1 ? std::vector<std::int64_t>{0, 2, 1} : std::vector<std::int64_t>{0, 1, 3, 2});
  const Value products = scope.matmul(q, turned);
  Value scores = scope.multiply(products, scope.number(scale));
  if (causal) scores = hidden(scope, later_tokens(scope, tokens, 0), scores);
  if (has_lengths) {
    const Value padding = scope.map("Not", scope.valid(tokens));
    scores = hidden(
        scope, scope.unsqueeze(padding, heads == 1 ? std::vector<std::int64_t>{1} : std::vector<std::int64_t>{1, 2}),
        scores);
  }
  Value y = scope.matmul(scope.softmax(scores), v);
  if (heads > 1) y = scope.reshape(scope.transpose(y, {0, 2, 1, 3}), x.v.dims);
  return has_lengths ? scope.without_padding(y) : y;
}

/// The transpose of the lower triangular matrix whose rows are kept without their zeros: what stands for a weight [D, D].
ODOT_COLD inline Value triangle(const Scope& scope, std::int64_t features) {
  const Value packed = scope.weight("qk.triangle");
  std::vector<std::int64_t> places;
  for (std::int64_t j = 0; j < features; ++j)
    for (std::int64_t i = 0; i < features; ++i) places.push_back(i < j ? packed.dims[0] : i * (i + 1) / 2 + j);
  const Value with_zero = scope.concat({packed, scope.numbers({1}, {0})}, 0);
  return scope.gather(with_zero, scope.integers({features, features}, places), 0);
}

ODOT_COLD inline Value self_attention(const Scope& scope, const Value& x, const nn::SelfAttentionOptions& options,
                                      double scale) {
  using Form = nn::AttentionForm;
  const bool joint = nn::detail::one_head_only(options.form), triangular = nn::detail::is_triangle(options.form);
  const bool symmetric = triangular || options.form == Form::symmetric;
  const bool has_values = options.form != Form::wqk_only && options.form != Form::symmetric_tt_only;
  const auto projected = [&](const std::string& name) {
    return project(scope, x, scope.weight(name + ".weight"), name + ".bias", options.bias);
  };
  const Value q = triangular ? project(scope, x, triangle(scope, x.dims[2]), "qk.bias", options.bias)
                             : projected(joint ? "qk" : "q");
  const Value k = symmetric ? q : options.form == Form::full ? projected("k") : x;
  const Value v = has_values ? projected("v") : x;
  const Value y =
      dot_product_attention(scope, {q, k, v}, static_cast<std::int64_t>(options.heads), scale, options.causal);
  return has_values ? project(scope, y, scope.weight("out.weight"), "out.bias", options.bias) : y;
}

}  // namespace detail

template <nn::SelfAttentionOptions P, BoundBy<nn::SelfAttention<P>> L>
Value put(const nn::SelfAttention<P>*, Bound<L>, const Scope& scope, const Value& x) {
  return detail::self_attention(scope, x, P, nn::detail::SelfAttentionPlan<typename L::input_shape, P>::geometry.scale);
}

}  // namespace odot::io::onnx
