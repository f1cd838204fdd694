#pragma once
// SPDX-License-Identifier: MIT
// The standard normal distribution by packets, the error function of GELU.

#include <cmath>
#include <cstddef>
#include <numbers>
#include <type_traits>

#include "odot/kernels/exponential.hpp"

namespace odot::kernels::simd {

/// Φ(x) = (1 + erf(x/√2))/2, the probability below x, and its derivative φ(x) = exp(−x²/2)/√(2π).
template <class S>
struct Normal {
  Packet<S> probability, density;
};

/// Float: errors of Φ below 3e-7, relative to Φ below 6e-6 for −13 ≤ x ≤ 0; one exponential and one division serve
/// both. Other scalars: std::erfc, to the precision of the type.
/// Φ(−|x|) = exp(−x²/2) t q(t), t = 1/(1 + 0.3 |x|), q the minimax polynomial of degree 7 (relative error 1.2e-7).
template <class S>
ODOT_INLINE Normal<S> normal_distribution(const Packet<S>& x) {
  const auto bell = softmax_exp<S>(multiply(multiply(x, x), all(S{-0.5})));
  const auto density = multiply(bell, all(static_cast<S>(std::numbers::inv_sqrtpi / std::numbers::sqrt2)));
  if constexpr (std::is_same_v<S, float>) {
    const auto t = reciprocal(multiply_add(abs(x), all(0.3f), all(1.0f)));
    auto q = multiply_add(t, all(0.036100228818f), all(-0.158981475237f));
    q = multiply_add(q, t, all(0.209429251600f));
    q = multiply_add(q, t, all(-0.056527023264f));
    q = multiply_add(q, t, all(0.130073742590f));
    q = multiply_add(q, t, all(0.099452444486f));
    q = multiply_add(q, t, all(0.120828367227f));
    q = multiply_add(q, t, all(0.119624404670f));
    const auto tail = multiply(multiply(q, t), bell);
    // Φ(x) = 1 − Φ(−x)
    return {add(tail, where_positive(x, subtract(all(1.0f), add(tail, tail)))), density};
  } else {
    S values[lanes<S>];
    store(values, x);
    for (S& value : values) value = S{0.5} * std::erfc(-value / std::numbers::sqrt2_v<S>);
    return {load(values), density};
  }
}

}  // namespace odot::kernels::simd
