#pragma once
// SPDX-License-Identifier: MIT
// The sums of powers that the series form of element-wise attention is made of, for one packet of channels.

#include <cstddef>

#include "odot/kernels/compensated.hpp"
#include "odot/kernels/element_wise_attention/cpu/reference.hpp"

namespace odot::kernels::detail {

/// For n = 0 … Order:  a_n = Σ p xⁿ f,  b_n = Σ p xⁿ, with or without the factor c_n = 2ⁿ/n!.
/// Of keys: x = k/σ, p = exp(m² − k²), f = v: the paper's A_n and B_n (recurrent: s_n and z_n).
/// Of queries: x = q σ, p = dy/M, f = y: R_n and P_n.
template <class S, std::size_t Order>
struct PowerSums {
  using P = simd::Packet<S>;
  static constexpr std::size_t terms = Order + 1, rows = 2 * terms;

  P a[terms] = {}, b[terms] = {};

  /// Sums over nothing. (Zeros without a loop: with one, GCC would keep the sums in memory.)
  PowerSums() = default;
  /// From rows that store() wrote.
  template <bool Whole>
  explicit PowerSums(const Column<const S, Whole>& from) {
#pragma GCC unroll 32
    for (std::size_t n = 0; n < terms; ++n) a[n] = from[n], b[n] = from[terms + n];
  }
  template <bool Whole>
  void store(const Column<S, Whole>& to) const {
#pragma GCC unroll 32
    for (std::size_t n = 0; n < terms; ++n) to.store(n, a[n]), to.store(terms + n, b[n]);
  }

  /// Adds one term, without c_n. 3 instructions per order.
  ODOT_INLINE void add(P p, const P& x, const P& f) {
    b[0] = simd::add(b[0], p);
    a[0] = simd::multiply_add(p, f, a[0]);
#pragma GCC unroll 32
    for (std::size_t n = 1; n < terms; ++n) {
      p = simd::multiply(p, x);
      b[n] = simd::add(b[n], p);
      a[n] = simd::multiply_add(p, f, a[n]);
    }
  }

  void change(const typename Reference<S>::Change& change) {
    P factor = change.decay;
    for (std::size_t n = 0; n < terms; ++n) {
      a[n] = simd::multiply(a[n], factor), b[n] = simd::multiply(b[n], factor);
      factor = simd::multiply(factor, change.ratio);
    }
  }
};

/// Sums over all blocks of tokens so far, with c_n, and over the tokens of the current block, without c_n. So the error
/// of adding floats one after the other does not grow with the number of blocks.
template <class S, std::size_t Order>
struct BlockedSums {
  using P = simd::Packet<S>;
  const PowerSums<S, Order>& blocks;
  PowerSums<S, Order> block;

  /// Sums over all tokens, with c_n.
  ODOT_INLINE P a(std::size_t n) const {
    return simd::multiply_add(block.a[n], simd::all(series_factors<S, Order>[n]), blocks.a[n]);
  }
  ODOT_INLINE P b(std::size_t n) const {
    return simd::multiply_add(block.b[n], simd::all(series_factors<S, Order>[n]), blocks.b[n]);
  }
};

/// Sums that already include c_n.
template <class S, std::size_t Order>
struct WholeSums {
  using P = simd::Packet<S>;
  PowerSums<S, Order> sums;

  ODOT_INLINE P a(std::size_t n) const { return sums.a[n]; }
  ODOT_INLINE P b(std::size_t n) const { return sums.b[n]; }
};

/// The gradients of a key and its value, from the sums R_n, P_n over queries.
template <class S>
struct KeyGradients {
  simd::Packet<S> dk, dv;
};
/// `inverse`: 1/σ.
template <std::size_t Order, class S, class Sums>
ODOT_INLINE KeyGradients<S> key_gradients(const Sums& sums, const simd::Packet<S>& weight, const simd::Packet<S>& key,
                                          const simd::Packet<S>& inverse, const simd::Packet<S>& v) {
  using P = simd::Packet<S>;
  // A weight of 0 must stay 0, however large the powers of the key.
  const P k = simd::where_positive(weight, key), x = simd::multiply(k, inverse);
  P r = sums.a(Order), p = sums.b(Order), r_slope = r, p_slope = p;
#pragma GCC unroll 32
  for (std::size_t n = Order - 1; n > 0; --n) {
    r = simd::multiply_add(r, x, sums.a(n));
    p = simd::multiply_add(p, x, sums.b(n));
    r_slope = simd::multiply_add(r_slope, x, r);
    p_slope = simd::multiply_add(p_slope, x, p);
  }
  r = simd::multiply_add(r, x, sums.a(0));
  p = simd::multiply_add(p, x, sums.b(0));
  // y's numerator has exp(−k²) v Σ P_n kⁿ, its denominator exp(−k²) Σ R_n kⁿ
  const P slope = simd::subtract(simd::multiply(v, p_slope), r_slope);
  const P sum = simd::subtract(simd::multiply(v, p), r);
  const P dk = simd::subtract(simd::multiply(inverse, slope), simd::multiply(simd::add(k, k), sum));
  return {simd::multiply(weight, dk), simd::multiply(weight, p)};
}

}  // namespace odot::kernels::detail
