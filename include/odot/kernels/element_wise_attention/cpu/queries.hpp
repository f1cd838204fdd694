#pragma once
// SPDX-License-Identifier: MIT
// How queries of the series form use the sums over keys, for one packet of channels. `sums`: a(n) and b(n), with c_n.
//
// A query is u = q σ. If |u| is above direct_bound, its powers might overflow; polynomials in u are
// then divided by uᵒʳᵈᵉʳ: with s = ±1, t = 1/|u| and N = Order,  Σ b_n uⁿ / u^N = Σ b_n sⁿ t^(N−n).  Sums over keys and
// over queries, outputs and gradients all stay in range, and a query of any size gets the definition's value.

#include <cstddef>

#include "odot/kernels/element_wise_attention/cpu/power_sums.hpp"

namespace odot::kernels::detail {

/// The lanes of queries, `size` = |u|, whose powers might overflow, and the lanes of NaN.
template <class S, std::size_t Order>
ODOT_INLINE auto beyond_bound(const simd::Packet<S>& size) {
  constexpr S bound = direct_bound<S>(Order);
  return simd::exceeds(size, simd::all(bound));
}

/// The gradient of a query, and its share of the keys' gradients.
template <class S>
struct QueryGradient {
  simd::Packet<S> share;  ///< dy/M, or dy uᵒʳᵈᵉʳ/M of a large query
  simd::Packet<S> dq;
};

/// Queries whose powers do not overflow.
template <class S, std::size_t Order>
struct DirectQueries {
  using P = simd::Packet<S>;

  template <class Sums>
  static ODOT_INLINE P ratio(const Sums& sums, const P& u) {
    P a = sums.a(Order), b = sums.b(Order);
#pragma GCC unroll 32
    for (std::size_t n = Order; n > 0; --n) {
      a = simd::multiply_add(a, u, sums.a(n - 1));
      b = simd::multiply_add(b, u, sums.b(n - 1));
    }
    return simd::divide(a, b);
  }

  /// dq = σ (dy/M) Σ n uⁿ⁻¹ (a_n − y b_n)
  template <class Sums>
  static ODOT_INLINE QueryGradient<S> gradient(const Sums& sums, const P& u, const P& scale, const P& y, const P& dy) {
    const P minus_y = simd::negate(y), top = sums.b(Order);
    P denominator = top, difference = simd::multiply_add(minus_y, top, sums.a(Order)), slope = difference;
#pragma GCC unroll 32
    for (std::size_t n = Order - 1; n > 0; --n) {
      const P b = sums.b(n);
      denominator = simd::multiply_add(denominator, u, b);
      difference = simd::multiply_add(difference, u, simd::multiply_add(minus_y, b, sums.a(n)));
      slope = simd::multiply_add(slope, u, difference);
    }
    denominator = simd::multiply_add(denominator, u, sums.b(0));
    const P share = simd::divide(dy, denominator);
    return {share, simd::multiply(simd::multiply(share, scale), slope)};
  }
};

/// Queries of any size. Those within the bound get the same bits as from DirectQueries.
template <class S, std::size_t Order>
struct AnyQueries {
  using P = simd::Packet<S>;
  using Direct = DirectQueries<S, Order>;

  template <class Sums>
  static P ratio(const Sums& sums, const P& u, const P& q) {
    const Large large(u, q);
    P a = sums.a(Order), b = sums.b(Order), power = large.t;
    for (std::size_t n = Order; n > 0; --n) {
      a = simd::multiply_add(a, large.s, simd::multiply(power, sums.a(n - 1)));
      b = simd::multiply_add(b, large.s, simd::multiply(power, sums.b(n - 1)));
      power = simd::multiply(power, large.t);
    }
    return large.choose(simd::divide(a, b), Direct::ratio(sums, large.direct));
  }

  template <class Sums>
  static QueryGradient<S> gradient(const Sums& sums, const P& u, const P& q, const P& scale, const P& y, const P& dy) {
    const Large large(u, q);
    const auto difference_of = [&](std::size_t n) { return simd::subtract(sums.a(n), simd::multiply(y, sums.b(n))); };
    P denominator = sums.b(Order), difference = difference_of(Order), slope = difference, power = large.t;
    for (std::size_t n = Order - 1; n > 0; --n) {
      denominator = simd::multiply_add(denominator, large.s, simd::multiply(power, sums.b(n)));
      difference = simd::multiply_add(difference, large.s, simd::multiply(power, difference_of(n)));
      slope = simd::multiply_add(slope, large.s, difference);
      power = simd::multiply(power, large.t);
    }
    denominator = simd::multiply_add(denominator, large.s, simd::multiply(power, sums.b(0)));
    const P share = simd::divide(dy, denominator);
    // σ uⁿ⁻¹ / uᴺ = sⁿ⁻¹ tᴺ⁻ⁿ / |q|
    const P dq = simd::divide(simd::multiply(share, slope), simd::abs(q));
    const auto direct = Direct::gradient(sums, large.direct, scale, y, dy);
    return {large.choose(share, direct.share), large.choose(dq, direct.dq)};
  }

  /// Adds a query's term to `queries`; `share` is what gradient() gave.
  static void add(PowerSums<S, Order>& queries, const P& share, const P& u, const P& q, const P& y) {
    const Large large(u, q);
    const P zero = simd::all(S{0});
    queries.add(large.choose(zero, share), large.direct, y);
    P power = large.choose(share, zero);
    for (std::size_t n = Order;; --n) {  // share sⁿ tᴺ⁻ⁿ; s = ±1, N is even
      const P term = n % 2 == 0 ? power : simd::multiply(power, large.s);
      queries.b[n] = simd::add(queries.b[n], term);
      queries.a[n] = simd::multiply_add(term, y, queries.a[n]);
      if (n == 0) break;
      power = simd::multiply(power, large.t);
    }
  }

 private:
  struct Large {
    P size, s, t, direct;  ///< direct: u, and 0 in lanes of large queries

    Large(const P& u, const P& q) : size(simd::abs(u)) {
      const P zero = simd::all(S{0}), one = simd::all(S{1});
      // An infinite query has no limit and gives NaN.
      s = simd::add(simd::where_less(u, zero, simd::negate(one), one), simd::multiply(q, zero));
      t = choose(simd::reciprocal(size), one);
      direct = choose(zero, u);
    }
    P choose(const P& where_large, const P& otherwise) const {
      constexpr S bound = direct_bound<S>(Order);
      return simd::where_less(simd::all(bound), size, where_large, otherwise);
    }
  };
};

}  // namespace odot::kernels::detail
