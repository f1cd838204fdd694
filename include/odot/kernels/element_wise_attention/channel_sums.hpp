#pragma once
// SPDX-License-Identifier: MIT
// The sums of powers that the series form of element-wise attention is made of, for one channel: what a thread of a GPU
// keeps in its registers. PowerSums (power_sums.hpp) says what they mean.

#include <cmath>
#include <cstddef>

#include "odot/core/config.hpp"
#include "odot/kernels/element_wise_attention/limits.hpp"

namespace odot::kernels::detail {

/// eˣ for x ≤ 0, and 0 below least_exponent.
template <class S>
ODOT_HOST_DEVICE S channel_weight(S x) {
  return x > least_exponent<S> ? std::exp(x) : S{0};
}

/// For n = 0 … Order:  a_n = Σ p xⁿ f,  b_n = Σ p xⁿ, and the minimum of k².
template <class S, std::size_t Order>
class ChannelSums {
 public:
  static constexpr std::size_t terms = Order + 1, rows = 2 * terms + 1;

  /// Sums over nothing.
  ODOT_HOST_DEVICE ChannelSums() : least(no_minimum<S>) {
    for (std::size_t n = 0; n < terms; ++n) a_[n] = b_[n] = S{0};
  }
  /// From rows that store() wrote, `stride` numbers apart.
  ODOT_HOST_DEVICE ChannelSums(const S* from, std::size_t stride) : least(from[2 * terms * stride]) {
    for (std::size_t n = 0; n < terms; ++n) {
      a_[n] = from[n * stride];
      b_[n] = from[(terms + n) * stride];
    }
  }
  ODOT_HOST_DEVICE void store(S* to, std::size_t stride) const {
    for (std::size_t n = 0; n < terms; ++n) {
      to[n * stride] = a_[n];
      to[(terms + n) * stride] = b_[n];
    }
    to[2 * terms * stride] = least;
  }

  static ODOT_HOST_DEVICE S bounded(S q) {
    constexpr S bound = query_bound<S>(Order);
    return q > bound ? bound : q < -bound ? -bound : q;
  }

  /// sums = decay · sums + one term, with c_n = 2ⁿ/n!.
  ODOT_HOST_DEVICE void decay_and_add(S decay, S p, S x, S f) {
    for (std::size_t n = 0; n < terms; ++n) {
      if (n > 0) p *= x * (S{2} / static_cast<S>(n));
      a_[n] = a_[n] * decay + p * f;
      b_[n] = b_[n] * decay + p;
    }
  }

  /// What a causal form does with a key: its weight exp(min k² − k²), the minimum over the tokens up to it; and
  /// exp(min k² − the minimum before).
  struct Factors {
    S weight, decay;
  };
  /// Takes a key into the minimum. One of the two factors is 1.
  ODOT_HOST_DEVICE Factors lower(S k) {
    const S square = k * k;
    const bool falls = square < least;
    const S smaller = channel_weight(falls ? square - least : least - square);
    if (falls) least = square;
    return falls ? Factors{S{1}, smaller} : Factors{smaller, S{1}};
  }
  /// Takes the key and its value into the sums.
  ODOT_HOST_DEVICE void take(const Factors& factors, S k, S v) {
    decay_and_add(factors.decay, factors.weight * weight_scale<S>, k, v);
  }

  /// What a query makes of sums over keys.
  struct AtQuery {
    S numerator, denominator;  // Σ qⁿ a_n, Σ qⁿ b_n
  };
  ODOT_HOST_DEVICE AtQuery at_query(S q) const {
    AtQuery at{a_[Order], b_[Order]};
    for (std::size_t n = Order; n > 0; --n) {
      at.numerator = at.numerator * q + a_[n - 1];
      at.denominator = at.denominator * q + b_[n - 1];
    }
    return at;
  }
  /// Σ n qⁿ⁻¹ (a_n − y b_n)
  ODOT_HOST_DEVICE S slope(S q, S y) const {
    S difference = a_[Order] - y * b_[Order], sum = difference;
    for (std::size_t n = Order - 1; n > 0; --n) {
      difference = difference * q + (a_[n] - y * b_[n]);
      sum = sum * q + difference;
    }
    return sum;
  }

  /// The gradients of a key and its value, of sums R_n, P_n over queries.
  struct KeyGradients {
    S dk, dv;
  };
  ODOT_HOST_DEVICE KeyGradients at_key(S weight, S key, S v) const {
    // A weight of 0 must stay 0, however large the powers of the key.
    const S k = weight > S{0} ? key : S{0};
    S r = a_[Order], p = b_[Order], r_slope = r, p_slope = p;
    for (std::size_t n = Order - 1; n > 0; --n) {
      r = r * k + a_[n];
      p = p * k + b_[n];
      r_slope = r_slope * k + r;
      p_slope = p_slope * k + p;
    }
    r = r * k + a_[0];
    p = p * k + b_[0];
    // y's numerator has exp(−k²) v Σ P_n kⁿ, its denominator exp(−k²) Σ R_n kⁿ
    return {weight * (v * p_slope - r_slope - (k + k) * (v * p - r)), weight * p};
  }

  /// Of a state that is all zero, the minimum is that of no token. (A sum of weights is never 0 after the first token.)
  ODOT_HOST_DEVICE void recognise_start() {
    if (!(b_[0] > S{0})) least = no_minimum<S>;
  }

  S least;  ///< of keys: the minimum of k²

 private:
  S a_[terms], b_[terms];
};

}  // namespace odot::kernels::detail
