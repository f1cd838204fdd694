#pragma once
// SPDX-License-Identifier: MIT
// How element-wise attention between tokens is exported to ONNX.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "odot/io/onnx/self_attention.hpp"
#include "odot/io/onnx/token_layers.hpp"
#include "odot/io/onnx/walk.hpp"
#include "odot/nn/element_wise_attention.hpp"

namespace odot::io::onnx {

namespace detail {

/// Σ_j w_ij v_j / Σ_j w_ij, w_ij = exp(−(q_i − k_j)²): a softmax over j.
ODOT_COLD inline Value full_attention(const Scope& scope, const Triple& x, bool causal) {
  const std::int64_t tokens = x.q.dims[1];
  const Value queries = scope.unsqueeze(x.q, {2}), keys = scope.unsqueeze(x.k, {1});
  const Value distance = scope.subtract(queries, keys);  // [N, L, L, D]
  Value scores = scope.map("Neg", scope.multiply(distance, distance));
  if (causal) scores = hidden(scope, later_tokens(scope, tokens, 1), scores);
  if (scope.has_lengths())
    scores = hidden(scope, scope.unsqueeze(scope.map("Not", scope.valid(tokens)), {1, 3}), scores);
  const Value weights = scope.softmax(scores, 2);
  return scope.reduce("ReduceSum", scope.multiply(weights, scope.unsqueeze(x.v, {1})), 2, false);
}

/// 2ⁿ/n! for n = 0 … order
inline std::vector<double> series_coefficients(std::size_t order) {
  std::vector<double> c{1};
  for (std::size_t n = 1; n <= order; ++n) c.push_back(c.back() * 2 / static_cast<double>(n));
  return c;
}

/// Numbers beyond all keys, and a number below all sizes of keys but 0, whose squares a float holds.
inline constexpr double beyond_all = 1e18, below_all = 1e-30;

/// exp(a² − b²), as a product of a difference, so that it is right where the squares are large.
ODOT_COLD inline Value exp_of_squares(const Scope& scope, const Value& a, const Value& b) {
  const Value difference = scope.subtract(a, b), sum = scope.add(a, b);
  return scope.map("Exp", scope.multiply(difference, sum));
}

/// A query q, times the keys' scale σ, as u/r with r ≤ 1 and |u| ≤ 1: no power of it overflows.
struct Query {
  Query(const Scope& scope, const Value& q, const Value& sigma) {
    const Value scaled = scope.multiply(q, sigma);
    const Value size = scope.map("Abs", scaled);
    r = scope.map("Reciprocal", scope.map("Max", size, scope.number(1)));
    u = scope.multiply(scaled, r);
  }
  Value u, r;
};

/// The series in which every token sees all: Σ_n c_n qⁿ A_n / Σ_n c_n qⁿ B_n. Sums are relative to m = min |k|, and of
/// powers of k/σ, σ = max |k| of the keys that count; both polynomials are divided by the highest power of a large query.
ODOT_COLD inline Value series_attention(const Scope& scope, const Triple& x, std::size_t order) {
  Value size = scope.map("Abs", x.k);
  if (scope.has_lengths()) {
    const Value mask = scope.unsqueeze(scope.valid(x.k.dims[1]), {2});
    size = scope.choose(mask, size, scope.number(beyond_all));
  }
  const Value weight = exp_of_squares(scope, scope.reduce("ReduceMin", size, 1), size);
  const Value counts = scope.compare("Greater", weight, scope.number(0));
  const Value keys = scope.choose(counts, x.k, scope.number(0));
  const Value largest = scope.reduce("ReduceMax", scope.map("Abs", keys), 1);
  const Value sigma = scope.map("Max", largest, scope.number(below_all));
  const Value k = scope.divide(keys, sigma), v = scope.choose(counts, x.v, scope.number(0));
  std::vector<Value> a, b;
  Value power = weight;  // exp(m² − k²) (k/σ)ⁿ
  for (std::size_t n = 0; n <= order; ++n) {
    if (n > 0) power = scope.multiply(power, k);
    a.push_back(scope.reduce("ReduceSum", scope.multiply(power, v), 1));
    b.push_back(scope.reduce("ReduceSum", power, 1));
  }
  const Query q(scope, x.q, sigma);
  const auto c = series_coefficients(order);
  Value numerator = scope.multiply(a[order], scope.number(c[order])),
        denominator = scope.multiply(b[order], scope.number(c[order])), r = q.r;
  for (std::size_t n = order; n-- > 0;) {
    const Value factor = scope.multiply(r, scope.number(c[n]));
    const Value more_a = scope.multiply(factor, a[n]), more_b = scope.multiply(factor, b[n]);
    numerator = scope.add(scope.multiply(numerator, q.u), more_a);
    denominator = scope.add(scope.multiply(denominator, q.u), more_b);
    if (n > 0) r = scope.multiply(r, q.r);
  }
  return scope.divide(numerator, denominator);
}

/// first, first · x, …, first · xⁿ, side by side along axis 1.
ODOT_COLD inline Value geometric(const Scope& scope, const Value& first, const Value& x, std::size_t n) {
  std::vector<Value> terms{first};
  for (std::size_t i = 0; i < n; ++i) terms.push_back(scope.multiply(terms.back(), x));
  return scope.concat(terms, 1);
}

/// One token of the causal series. State: m [N, 1, D], the smallest |k| so far; σ [N, 1, D]; A and B [N, order + 1, D].
struct CausalStep {
  Value m, sigma, a, b, y;

  CausalStep(const Scope& scope, const Triple& x, const CausalStep& old, std::size_t order) {
    const Value q = scope.unsqueeze(x.q, {1}), k = scope.unsqueeze(x.k, {1}), v = scope.unsqueeze(x.v, {1});
    const Value size = scope.map("Abs", k);
    m = scope.map("Min", old.m, size);
    const Value kept = exp_of_squares(scope, m, old.m), weight = exp_of_squares(scope, m, size);
    const Value counts = scope.compare("Greater", weight, scope.number(0));
    const Value key = scope.choose(counts, k, scope.number(0));
    sigma = scope.map("Max", old.sigma, scope.map("Abs", key));
    const Value fading = geometric(scope, kept, scope.divide(old.sigma, sigma), order);
    const Value powers = geometric(scope, weight, scope.divide(key, sigma), order);
    const Value added = scope.multiply(powers, scope.choose(counts, v, scope.number(0)));
    a = scope.add(scope.multiply(old.a, fading), added);
    b = scope.add(scope.multiply(old.b, fading), powers);
    const Value c = monomials(scope, Query(scope, q, sigma), order);
    const Value numerator = scope.reduce("ReduceSum", scope.multiply(c, a), 1, false);
    y = scope.divide(numerator, scope.reduce("ReduceSum", scope.multiply(c, b), 1, false));
  }
  CausalStep() = default;

 private:
  /// c_n uⁿ r^(order − n), side by side along axis 1.
  static Value monomials(const Scope& scope, const Query& q, std::size_t order) {
    std::vector<Value> us{q.u}, rs{q.r}, terms;
    for (std::size_t n = 1; n < order; ++n) {
      us.push_back(scope.multiply(us.back(), q.u));
      rs.push_back(scope.multiply(rs.back(), q.r));
    }
    terms.push_back(rs[order - 1]);
    for (std::size_t n = 1; n < order; ++n) terms.push_back(scope.multiply(us[n - 1], rs[order - n - 1]));
    terms.push_back(us[order - 1]);
    const Value all = scope.concat(terms, 1);
    return scope.multiply(all, scope.numbers({all.dims[1], 1}, series_coefficients(order)));
  }
};

/// The causal series: a Scan over the tokens, whose state is that of nn::Stream's steps.
ODOT_COLD inline Value causal_series(const Scope& scope, const Triple& x, std::size_t order) {
  const std::int64_t n = x.q.dims[0], features = x.q.dims[2];
  const Dims one{n, 1, features}, sums{n, static_cast<std::int64_t>(order) + 1, features}, token{n, features};
  const auto body = std::make_shared<Graph>();
  body->name = scope.model().unique(scope.path() + "token");
  const Scope inside = scope.inside(*body);
  const auto input = [&](const char* name, const Dims& dims) {
    body->inputs.push_back({scope.model().unique(scope.path() + name), dims, x.q.type});
    return body->inputs.back();
  };
  CausalStep old;
  old.m = input("smallest", one);
  old.sigma = input("scale", one);
  old.a = input("numerators", sums);
  old.b = input("denominators", sums);
  const Value q = input("query", token), k = input("key", token), v = input("value", token);
  const CausalStep step(inside, {q, k, v}, old, order);
  body->outputs = {step.m, step.sigma, step.a, step.b, step.y};
  std::erase_if(body->between, [&](const Value& value) {
    return std::ranges::any_of(body->outputs, [&](const Value& output) { return output.name == value.name; });
  });
  const Value first = scope.number(beyond_all), least = scope.number(below_all), zero = scope.number(0);
  const std::vector<Value> inputs{scope.expand(first, one, x.q),
                                  scope.expand(least, one, x.q),
                                  scope.expand(zero, sums, x.q),
                                  scope.expand(zero, sums, x.q),
                                  x.q,
                                  x.k,
                                  x.v};
  const std::vector<std::int64_t> axes{1, 1, 1};
  Value y = scope.node("Scan", inputs, x.q.dims,
                       {{"body", body},
                        {"num_scan_inputs", std::int64_t{3}},
                        {"scan_input_axes", axes},
                        {"scan_output_axes", std::vector<std::int64_t>{1}}},
                       x.q.type);
  scope.last_outputs({"smallest", "scale", "numerators", "denominators"});
  return y;
}

/// Attention element by element, 0 at padding.
ODOT_COLD inline Value element_wise_attention(const Scope& scope, const Triple& x, std::size_t order, bool causal) {
  const bool has_lengths = scope.has_lengths();
  Triple of = x;
  if (has_lengths) of.v = scope.without_padding(x.v);
  const Value y = order == nn::full_order ? full_attention(scope, of, causal)
                  : causal                ? causal_series(scope, of, order)
                                          : series_attention(scope, of, order);
  return has_lengths ? scope.without_padding(y) : y;
}

ODOT_COLD inline Value projected_attention(const Scope& scope, const Value& x,
                                           const nn::ElementWiseAttentionOptions& options) {
  const auto projected = [&](const std::string& name, const Value& of) {
    return project(scope, of, scope.weight(name + ".weight"), name + ".bias", options.bias);
  };
  const Value y = element_wise_attention(scope, {projected("q", x), projected("k", x), projected("v", x)},
                                         options.order, options.causal);
  return options.output ? projected("out", y) : y;
}

}  // namespace detail

template <nn::ElementWiseAttentionOptions P, BoundBy<nn::ElementWiseAttention<P>> L>
Value put(const nn::ElementWiseAttention<P>*, Bound<L>, const Scope& scope, const Value& x) {
  return detail::projected_attention(scope, x, P);
}
template <nn::UnprojectedElementWiseAttentionOptions P, BoundBy<nn::UnprojectedElementWiseAttention<P>> L>
Value put(const nn::UnprojectedElementWiseAttention<P>*, Bound<L>, const Scope& scope, const Value& x) {
  const std::int64_t features = x.dims[2] / 3;
  const auto part = [&](std::int64_t i) { return scope.slice(x, 2, i * features, (i + 1) * features); };
  return detail::element_wise_attention(scope, {part(0), part(1), part(2)}, P.order, P.causal);
}

}  // namespace odot::io::onnx
