#pragma once
// SPDX-License-Identifier: MIT
// The sums of powers that the series form of element-wise attention is made of, for one packet of channels.

#include <cstddef>

#include "odot/kernels/element_wise_attention/channels.hpp"

namespace odot::kernels::detail {

/// For n = 0 … Order:  a_n = Σ p xⁿ f,  b_n = Σ p xⁿ, with or without c_n = 2ⁿ/n! in it.
/// Of keys: x = k, p = exp(−k²), f = v: the paper's A_n and B_n (recurrent: s_n and z_n).
/// Of queries: x = q, p = dy/M, f = y: R_n and P_n.
template <class S, std::size_t Order>
class PowerSums {
 public:
  using P = simd::Packet<S>;
  static constexpr std::size_t terms = Order + 1, rows = 2 * terms + 1;

  /// Sums over nothing.
  PowerSums() : least(simd::all(no_minimum<S>)) {
    for (std::size_t n = 0; n < terms; ++n) a_[n] = b_[n] = simd::all(S{0});
  }

  /// From rows that store() wrote.
  template <bool Whole>
  explicit PowerSums(const Column<const S, Whole>& from) : least(from[2 * terms]) {
#pragma GCC unroll 32
    for (std::size_t n = 0; n < terms; ++n) a_[n] = from[n], b_[n] = from[terms + n];
  }
  template <bool Whole>
  void store(const Column<S, Whole>& to) const {
#pragma GCC unroll 32
    for (std::size_t n = 0; n < terms; ++n) to.store(n, a_[n]), to.store(terms + n, b_[n]);
    to.store(2 * terms, least);
  }

  /// One term more, without c_n. 3 instructions an order.
  ODOT_INLINE void add(P p, const P& x, const P& f) {
    b_[0] = simd::add(b_[0], p);
    a_[0] = simd::multiply_add(p, f, a_[0]);
#pragma GCC unroll 32
    for (std::size_t n = 1; n < terms; ++n) {
      p = simd::multiply(p, x);
      b_[n] = simd::add(b_[n], p);
      a_[n] = simd::multiply_add(p, f, a_[n]);
    }
  }

  /// sums = decay · sums + one term, with c_n. 5 instructions an order.
  ODOT_INLINE void decay_and_add(const P& decay, P p, const P& x, const P& f) {
    b_[0] = simd::multiply_add(b_[0], decay, p);
    a_[0] = simd::multiply_add(a_[0], decay, simd::multiply(p, f));
#pragma GCC unroll 32
    for (std::size_t n = 1; n < terms; ++n) {
      p = simd::multiply(p, simd::multiply(x, simd::all(S{2} / static_cast<S>(n))));
      b_[n] = simd::multiply_add(b_[n], decay, p);
      a_[n] = simd::multiply_add(a_[n], decay, simd::multiply(p, f));
    }
  }

  ODOT_INLINE void decay(const P& factor) {
#pragma GCC unroll 32
    for (std::size_t n = 0; n < terms; ++n) {
      a_[n] = simd::multiply(a_[n], factor);
      b_[n] = simd::multiply(b_[n], factor);
    }
  }

  /// Multiplies by c_n, once.
  ODOT_INLINE void weigh() {
    S c = 1;
#pragma GCC unroll 32
    for (std::size_t n = 1; n < terms; ++n) {
      c *= S{2} / static_cast<S>(n);
      a_[n] = simd::multiply(a_[n], simd::all(c));
      b_[n] = simd::multiply(b_[n], simd::all(c));
    }
  }

  /// What a causal form does with a key.
  struct Factors {
    P weight;  // exp(min k² − k²), the minimum over the tokens so far, this one included
    P decay;   // exp(min k² − the minimum before)
  };
  /// Takes a key into the minimum. One of the two factors is 1, so one exponential serves both.
  ODOT_INLINE Factors lower(const P& k) {
    const P square = simd::multiply(k, k), one = simd::all(S{1});
    const P smaller = weight_exp<S>(simd::negate(simd::abs(simd::subtract(square, least))));
    const Factors factors{simd::where_less(square, least, one, smaller), simd::where_less(square, least, smaller, one)};
    least = simd::min(least, square);
    return factors;
  }
  /// Takes the key and its value into the sums.
  ODOT_INLINE void take(const Factors& factors, const P& k, const P& v) {
    decay_and_add(factors.decay, simd::multiply(factors.weight, simd::all(weight_scale<S>)), k, v);
  }

  /// Σ qⁿ a_n / Σ qⁿ b_n of sums that have c_n.
  ODOT_INLINE P ratio(const P& q) const {
    P a = a_[Order], b = b_[Order];
#pragma GCC unroll 32
    for (std::size_t n = Order; n > 0; --n) {
      a = simd::multiply_add(a, q, a_[n - 1]);
      b = simd::multiply_add(b, q, b_[n - 1]);
    }
    return simd::divide(a, b);
  }

  /// What the gradient of a query needs of sums that have c_n.
  struct AtQuery {
    P denominator;  // Σ qⁿ b_n
    P slope;        // Σ n qⁿ⁻¹ (a_n − y b_n)
  };
  ODOT_INLINE AtQuery at_query(const P& q, const P& y) const {
    const P minus_y = simd::negate(y);
    P denominator = b_[Order], difference = simd::multiply_add(minus_y, b_[Order], a_[Order]), slope = difference;
#pragma GCC unroll 32
    for (std::size_t n = Order - 1; n > 0; --n) {
      denominator = simd::multiply_add(denominator, q, b_[n]);
      difference = simd::multiply_add(difference, q, simd::multiply_add(minus_y, b_[n], a_[n]));
      slope = simd::multiply_add(slope, q, difference);
    }
    return {simd::multiply_add(denominator, q, b_[0]), slope};
  }

  /// The gradients of a key and its value, of sums R_n, P_n that have c_n.
  struct KeyGradients {
    P dk, dv;
  };
  ODOT_INLINE KeyGradients at_key(const P& weight, const P& key, const P& v) const {
    // A weight of 0 must stay 0, however large the powers of the key.
    const P k = simd::where_positive(weight, key);
    P r = a_[Order], p = b_[Order], r_slope = r, p_slope = p;
#pragma GCC unroll 32
    for (std::size_t n = Order - 1; n > 0; --n) {
      r = simd::multiply_add(r, k, a_[n]);
      p = simd::multiply_add(p, k, b_[n]);
      r_slope = simd::multiply_add(r_slope, k, r);
      p_slope = simd::multiply_add(p_slope, k, p);
    }
    r = simd::multiply_add(r, k, a_[0]);
    p = simd::multiply_add(p, k, b_[0]);
    // y's numerator has exp(−k²) v Σ P_n kⁿ, its denominator exp(−k²) Σ R_n kⁿ
    const P slope = simd::subtract(simd::multiply(v, p_slope), r_slope);
    const P sum = simd::subtract(simd::multiply(v, p), r);
    const P dk = simd::subtract(slope, simd::multiply(simd::add(k, k), sum));
    return {simd::multiply(weight, dk), simd::multiply(weight, p)};
  }

  /// Of a state that is all zero, the minimum is that of no token. (A sum of weights is never 0 after the first token.)
  void recognise_start() { least = simd::where_less(simd::all(S{0}), b_[0], least, simd::all(no_minimum<S>)); }

  P least;  ///< of keys: the minimum of k²

 private:
  P a_[terms], b_[terms];
};

}  // namespace odot::kernels::detail
