#pragma once
// SPDX-License-Identifier: MIT
// Numerical cases of dot-product attention, the same for every device: large and small inputs, numbers that are not finite,
// long sequences.

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "support/difference.hpp"
#include "support/hash_uniform.hpp"
#include "support/naive_dot_product_attention.hpp"
#include "support/worst_of.hpp"

namespace odot::test {

/// Queries, keys, values and output gradients of one sample, dense; what a device makes of them.
struct DotProductCase {
  kernels::DotProductGeometry g;
  std::vector<float> q, k, v, dy;
  std::vector<float> y, dq, dk, dv;

  explicit DotProductCase(const kernels::DotProductGeometry& geometry) : g(geometry) {
    q.resize(g.tokens * g.heads * g.width);
    k.resize(q.size());
    v.resize(g.tokens * g.heads * g.value_width);
    dy.resize(v.size());
  }

  NaiveDotProductAttention naive() const {
    const auto wide = [](const std::vector<float>& values) {
      return std::vector<double>(values.begin(), values.end());
    };
    NaiveDotProductAttention result{g, 1, wide(q), wide(k), wide(v), wide(dy), {}, {}, {}, {}, {}, {}};
    result.run();
    return result;
  }
};

namespace detail {

/// Whole numbers from −8 to 8, times a power of two: their products are exact in float.
inline void fill_with_whole_numbers(std::vector<float>& values, std::size_t start, int exponent) {
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = std::ldexp(static_cast<float>(std::lround(8 * hash_uniform(start + i))), exponent);
}
inline bool all_nan(const std::vector<float>& values) {
  return std::ranges::all_of(values, [](float value) { return std::isnan(value); });
}

}  // namespace detail

/// `run` fills y, dq, dk, dv of a DotProductCase. Products q·k from 2⁻¹⁹⁴ to 2¹²⁶; each is exact, so that softmaxes in float
/// must be those in double.
inline void check_sizes_of_inputs(const auto& run) {
  std::size_t start = 0;
  for (int exponent = -100; exponent <= 59; exponent += 3)
    for (const bool causal : {false, true}) {
      CAPTURE(exponent);
      CAPTURE(causal);
      DotProductCase c(
          {.tokens = 70 + start % 80, .heads = 2, .width = 3, .value_width = 5, .causal = causal, .scale = 0.3});
      detail::fill_with_whole_numbers(c.q, start++, exponent);
      detail::fill_with_whole_numbers(c.k, 1000 * start, exponent);
      c.v = hash_uniform<float>(c.v.size(), 2000 * start);
      c.dy = hash_uniform<float>(c.dy.size(), 3000 * start);
      const NaiveDotProductAttention naive = c.naive();
      run(c);
      CHECK(difference(c.y, naive.y, 2e-6) == "");
      CHECK(difference(c.dv, naive.dv, 2e-6) == "");
      // Rounding errors of dy·(v − y), relative to what multiplies them.
      const double size = 8 * std::ldexp(1.0, exponent);
      CHECK(difference_within(c.dq, naive.dq, 1e-6 * size) == "");
      CHECK(difference_within(c.dk, naive.dk, 1e-5 * size) == "");
      // A mean lies between its numbers.
      CHECK(std::ranges::all_of(c.y, [](float y) { return std::abs(y) <= 1.000001f; }));
    }
}

/// Where one key takes all of the softmax, the gradients of queries and keys are 0, however large these are.
inline void check_saturated_gradients(const auto& run) {
  for (const float size : {1e3f, 1e9f, 1e15f}) {
    DotProductCase c({.tokens = 67, .width = 2, .value_width = 21});
    for (std::size_t i = 0; i < c.g.tokens; ++i) {
      c.q[2 * i] = size;
      c.k[2 * i] = size * static_cast<float>(i);
    }
    c.v = hash_uniform<float>(c.v.size(), 5);
    c.dy = hash_uniform<float>(c.dy.size(), 6);
    run(c);
    CHECK(std::ranges::all_of(c.dq, [](float dq) { return dq == 0; }));
    CHECK(std::ranges::all_of(c.dk, [](float dk) { return dk == 0; }));
    CHECK(difference(c.dv, c.naive().dv, 1e-6) == "");
  }
}

/// A number that is not finite makes NaN of what depends on it, and of nothing else.
inline void check_not_finite(const auto& run) {
  constexpr float nan = std::numeric_limits<float>::quiet_NaN(), infinity = std::numeric_limits<float>::infinity();
  constexpr std::size_t tokens = 75, spoiled = 69;
  const auto make = [] {
    DotProductCase c({.tokens = tokens, .width = 2, .value_width = 3});
    c.q = hash_uniform<float>(c.q.size(), 1);
    c.k = hash_uniform<float>(c.k.size(), 2);
    c.v = hash_uniform<float>(c.v.size(), 3);
    c.dy = hash_uniform<float>(c.dy.size(), 4);
    return c;
  };
  for (const float bad : {nan, infinity, -infinity}) {
    CAPTURE(bad);
    DotProductCase query = make(), key = make(), value = make(), gradient = make();
    query.q[2 * spoiled] = bad;
    run(query);
    for (std::size_t i = 0; i < tokens; ++i) CHECK(std::isnan(query.y[3 * i + 1]) == (i == spoiled));
    CHECK(detail::all_nan(query.dk));
    CHECK(detail::all_nan(query.dv));

    key.k[2 * spoiled] = bad;
    run(key);
    for (std::size_t i = 0; i < tokens; ++i) {
      const bool seen = std::isnan(bad) || key.q[2 * i] * bad > 0;  // −∞ as a product: the key is not looked at
      CHECK(std::isnan(key.y[3 * i]) == seen);
    }

    value.v[3 * spoiled + 1] = bad;
    run(value);
    for (std::size_t i = 0; i < tokens; ++i) {
      CHECK(std::isfinite(value.y[3 * i]));
      CHECK((std::isnan(bad) ? std::isnan(value.y[3 * i + 1]) : value.y[3 * i + 1] == bad));
    }
    CHECK(detail::all_nan(value.dq));

    // A query with a single key, whose weight is 1.
    DotProductCase single({.tokens = 1, .width = 2, .value_width = 3});
    single.q = {1, 2}, single.k = {3, -1}, single.v = {1, 2, 3}, single.dy = {1, bad, 1};
    run(single);
    CHECK(detail::all_nan(single.dq));
    CHECK(detail::all_nan(single.dk));

    gradient.dy[3 * spoiled] = bad;
    run(gradient);
    for (std::size_t i = 0; i < tokens; ++i) {
      CHECK(std::isnan(gradient.dq[2 * i]) == (i == spoiled));
      CHECK(!std::isfinite(gradient.dv[3 * i]));
    }
  }
}

/// Products that overflow: +∞ gives NaN, −∞ a weight of 0, and a query with −∞ alone NaN, as in PyTorch.
inline void check_overflow(const auto& run) {
  DotProductCase c({.tokens = 130});
  for (std::size_t i = 0; i < c.g.tokens; ++i) {
    c.q[i] = i == 0 ? 1e30f : i == 1 ? -1e30f : 1;
    c.k[i] = i < 80 ? -1e30f : -2e30f;
    c.v[i] = static_cast<float>(i);
  }
  c.k[100] = 0;
  run(c);
  CHECK(c.y[0] == 100);
  CHECK(std::isnan(c.y[1]));
  CHECK(c.y[2] == 100);
  std::ranges::fill(c.k, -1e30f);
  run(c);
  CHECK(std::isnan(c.y[0]));
}

/// Sums over many tokens, every share the same: float sums of one term after the other drift off by 1e-5 and more.
inline void check_long_sequence(std::size_t tokens, double tolerance, const auto& run) {
  for (const bool causal : {false, true}) {
    CAPTURE(causal);
    DotProductCase c({.tokens = tokens, .width = 16, .value_width = 16, .causal = causal});
    std::ranges::fill(c.k, 1.0f);
    std::ranges::fill(c.v, 0.1f);
    std::ranges::fill(c.dy, 0.1f);
    std::fill_n(c.v.begin(), 16, 0.9f);
    run(c);
    // Equal shares: y_i is the mean of the values seen; dv_j the sum of dy over the queries that see j, by their number.
    double shares = 0, worst_y = 0, worst_dv = 0, worst_dk = 0, dk = 0;
    const auto v0 = static_cast<double>(c.v[0]), v1 = static_cast<double>(c.v[16]), dy = static_cast<double>(c.dy[0]);
    const auto off = [](float actual, double expected) { return std::abs(static_cast<double>(actual) / expected - 1); };
    for (std::size_t i = tokens; i-- > 0;) {
      const auto seen = static_cast<double>(causal ? i + 1 : tokens);
      const double mean = v1 + (v0 - v1) / seen;
      worst_y = worst_of(worst_y, off(c.y[16 * i + 3], mean));
      shares += 1 / seen;
      dk += (v0 - mean) / seen;
      if (causal) worst_dv = worst_of(worst_dv, off(c.dv[16 * i + 3], dy * shares));
    }
    if (!causal)
      for (const float dv : c.dv) worst_dv = worst_of(worst_dv, off(dv, dy));
    CHECK(worst_y <= tolerance);
    CHECK(worst_dv <= tolerance);
    // With queries of 0, Σ_i ds_i0 q_i is 0: one run more with queries of 1, whose shares are the same.
    std::ranges::fill(c.q, 1.0f);
    run(c);
    worst_dk = off(c.dk[0], 16 * dy * dk);
    CHECK(worst_dk <= 10 * tolerance);
  }
}

}  // namespace odot::test
