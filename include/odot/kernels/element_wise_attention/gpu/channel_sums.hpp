#pragma once
// SPDX-License-Identifier: MIT
// The sums of powers in the series form of element-wise attention, for one channel: a GPU thread keeps them in its
// registers. ../cpu/reference.hpp, power_sums.hpp and queries.hpp say what they mean.

#include <cmath>
#include <cstddef>

#include "odot/core/config.hpp"
#include "odot/kernels/element_wise_attention/limits.hpp"

namespace odot::kernels::detail {

/// eˣ, and 0 below least_exponent; NaN stays NaN.
template <class S>
ODOT_HOST_DEVICE S channel_weight(S x) {
  return x < least_exponent<S> ? S{0} : std::exp(x);
}
template <class S>
ODOT_HOST_DEVICE S magnitude(S x) {
  return x < S{0} ? -x : x;
}

/// sum += term; `lost` is by how much the sum is too large. An infinite sum stays as it is.
template <class S>
ODOT_HOST_DEVICE void add_compensated_channel(S& sum, S& lost, S term) {
  ODOT_KEEP_ORDER
  const S wanted = term - lost, next = sum + wanted, added = next - sum;
  lost = added - added == S{0} ? added - wanted : S{0};
  sum = next;
}

/// The reference of sums: weights are exp(m² − k²), keys k/σ, queries q σ; m is `least`, σ is `scale`.
template <class S>
struct ChannelReference {
  S least = no_minimum<S>, scale{0};  ///< without any key

  /// To change from one reference to another, multiply row n of the sums by factor(n).
  struct Change {
    S decay, ratio;

    ODOT_HOST_DEVICE S factor(std::size_t n) const {
      S product = decay;
      if (decay != S{0})
        for (std::size_t i = 0; i < n; ++i) product *= ratio;
      return product;
    }
  };

  /// m² − k²
  ODOT_HOST_DEVICE S gap(S k) const { return (least - k) * (least + k); }
  ODOT_HOST_DEVICE S weight(S k) const { return channel_weight(gap(k)); }

  /// Whether a key of magnitude `size` fits.
  ODOT_HOST_DEVICE bool fits(S size) const { return gap(size) <= widest_gap<S> && reached(size) < scale; }
  /// Whether a key of magnitude `size` has no weight.
  ODOT_HOST_DEVICE bool weightless(S size) const { return gap(size) < least_exponent<S>; }
  /// Makes a key of magnitude `size` fit.
  ODOT_HOST_DEVICE void take(S size) { take(size, size); }

  /// Makes the keys fit whose sums are relative to another reference.
  ODOT_HOST_DEVICE void take(const ChannelReference& other) {
    if (scale == S{0}) *this = other;
    else if (other.scale > S{0} && !weightless(other.least)) take(other.least, other.scale / S{2});
  }
  /// Changes sums over keys from this reference to another, and sums over queries from the other to this.
  ODOT_HOST_DEVICE Change to(const ChannelReference& other) const {
    if (least == other.least && scale == other.scale) return {S{1}, S{1}};
    const S decay = channel_weight((other.least - least) * (other.least + least));
    return {decay, decay > S{0} && other.scale > S{0} ? scale / other.scale : S{1}};
  }

 private:
  /// The largest magnitude, up to `size`, of a key with a weight.
  ODOT_HOST_DEVICE S reached(S size) const {
    const S bound = least + key_reach<S>;
    return bound < size ? bound : size;
  }
  ODOT_HOST_DEVICE void take(S low, S high) {
    const S fall = gap(low);
    if (fall > widest_gap<S>) {
      least = low;
      if (!(channel_weight(-fall) > S{0})) scale = S{0};  // no key before has any weight left
    }
    const S reach = reached(high), needed = reach < smallest_scale<S> ? smallest_scale<S> : reach;
    if (scale < needed) scale = power_above(needed);
  }
  /// The next power of two above x, within bounds.
  static ODOT_HOST_DEVICE S power_above(S x) {
    int exponent = 0;
    std::frexp(x < largest_scale<S> / 2 ? x : largest_scale<S> / 2, &exponent);
    return std::ldexp(S{1}, exponent);
  }
};

/// For n = 0 … Order:  a_n = Σ p xⁿ f,  b_n = Σ p xⁿ, over finished blocks of tokens, with factors c_n = 2ⁿ/n!, and
/// over the tokens of the current block, without.
template <class S, std::size_t Order>
class ChannelSums {
 public:
  static constexpr std::size_t terms = Order + 1;
  /// Rows in memory: finished sums, with c_n, and their reference. Sums that grow also have rows for their rounding
  /// errors, the current block, and its number of tokens.
  static constexpr std::size_t rows = 2 * terms + 2, growing_rows = rows + 4 * terms + 1;

  /// Sums over nothing.
  ODOT_HOST_DEVICE ChannelSums() {
    for (std::size_t n = 0; n < terms; ++n) a_[n] = b_[n] = lost_a_[n] = lost_b_[n] = block_a_[n] = block_b_[n] = S{0};
  }
  /// From rows that store() wrote, `stride` numbers apart.
  ODOT_HOST_DEVICE ChannelSums(const S* from, std::size_t stride) : ChannelSums() {
    load(from, stride, a_, b_);
    reference.least = from[2 * terms * stride];
    reference.scale = from[(2 * terms + 1) * stride];
  }
  /// Finished sums.
  ODOT_HOST_DEVICE void store(S* to, std::size_t stride) const {
    store(to, stride, a_, b_);
    to[2 * terms * stride] = reference.least;
    to[(2 * terms + 1) * stride] = reference.scale;
  }

  /// Sums that grow, of a state that may be all zero. (A scale of 0 means that there has been no key, or only NaN keys.
  /// Either is a start, after which NaN sums stay NaN.)
  static ODOT_HOST_DEVICE ChannelSums growing(const S* from, std::size_t stride) {
    ChannelSums sums(from, stride);
    if (sums.reference.scale == S{0}) sums.reference = {};
    sums.load(from + rows * stride, stride, sums.lost_a_, sums.lost_b_);
    sums.load(from + (rows + 2 * terms) * stride, stride, sums.block_a_, sums.block_b_);
    return sums;
  }
  ODOT_HOST_DEVICE void store_growing(S* to, std::size_t stride) const {
    store(to, stride);
    store(to + rows * stride, stride, lost_a_, lost_b_);
    store(to + (rows + 2 * terms) * stride, stride, block_a_, block_b_);
  }

  /// Sums over all tokens, with c_n.
  ODOT_HOST_DEVICE S a(std::size_t n) const { return block_a_[n] * c(n) + a_[n]; }
  ODOT_HOST_DEVICE S b(std::size_t n) const { return block_b_[n] * c(n) + b_[n]; }

  /// Adds one term.
  ODOT_HOST_DEVICE void add(S p, S x, S f) {
    for (std::size_t n = 0; n < terms; ++n) {
      if (n > 0) p *= x;
      add_term(n, p, f);
    }
  }
  ODOT_HOST_DEVICE void add_term(std::size_t n, S term, S f) {
    block_a_[n] += term * f;
    block_b_[n] += term;
  }
  /// Adds a key and its value; changes the reference if the key does not fit.
  ODOT_HOST_DEVICE void take(S k, S v) {
    if (const S size = magnitude(k); !reference.fits(size)) {
      if (reference.weightless(size))
        return add(S{0}, k * S{0}, v);  // its powers might be infinite; an infinite key's are NaN
      auto next = reference;
      next.take(size);
      change_to(next);
    }
    add(reference.weight(k), k / reference.scale, v);
  }
  /// Of keys: changes the reference.
  ODOT_HOST_DEVICE void change_to(const ChannelReference<S>& next) {
    change(reference.to(next));
    reference = next;
  }
  ODOT_HOST_DEVICE void change(const typename ChannelReference<S>::Change& change) {
    S factor = change.decay;
    for (std::size_t n = 0; n < terms; ++n) {
      a_[n] *= factor, b_[n] *= factor;
      lost_a_[n] *= factor, lost_b_[n] *= factor;
      block_a_[n] *= factor, block_b_[n] *= factor;
      factor *= change.ratio;
    }
  }
  /// Ends a block.
  ODOT_HOST_DEVICE void join() {
    for (std::size_t n = 0; n < terms; ++n) {
      add_compensated_channel(a_[n], lost_a_[n], block_a_[n] * c(n));
      add_compensated_channel(b_[n], lost_b_[n], block_b_[n] * c(n));
      block_a_[n] = block_b_[n] = S{0};
    }
  }

  /// The gradients of a key and its value, of sums R_n, P_n over queries.
  struct KeyGradients {
    S dk, dv;
  };
  ODOT_HOST_DEVICE KeyGradients at_key(S weight, S key, S scale, S v) const {
    // A weight of 0 must stay 0, however large the powers of the key.
    const S k = weight > S{0} ? key : S{0}, x = k / scale;
    S r = a(Order), p = b(Order), r_slope = r, p_slope = p;
    for (std::size_t n = Order - 1; n > 0; --n) {
      r = r * x + a(n);
      p = p * x + b(n);
      r_slope = r_slope * x + r;
      p_slope = p_slope * x + p;
    }
    r = r * x + a(0);
    p = p * x + b(0);
    // y's numerator has exp(−k²) v Σ P_n kⁿ, its denominator exp(−k²) Σ R_n kⁿ
    return {weight * ((v * p_slope - r_slope) / scale - (k + k) * (v * p - r)), weight * p};
  }

  ChannelReference<S> reference;  ///< of keys

 private:
  static ODOT_HOST_DEVICE S c(std::size_t n) { return series_factor<S>(n); }
  static ODOT_HOST_DEVICE void load(const S* from, std::size_t stride, S* a, S* b) {
    for (std::size_t n = 0; n < terms; ++n) {
      a[n] = from[n * stride];
      b[n] = from[(terms + n) * stride];
    }
  }
  static ODOT_HOST_DEVICE void store(S* to, std::size_t stride, const S* a, const S* b) {
    for (std::size_t n = 0; n < terms; ++n) {
      to[n * stride] = a[n];
      to[(terms + n) * stride] = b[n];
    }
  }

  S a_[terms], b_[terms], lost_a_[terms], lost_b_[terms], block_a_[terms], block_b_[terms];
};

/// A query u = q σ. If |u| is above direct_bound, polynomials in u are divided by uᵒʳᵈᵉʳ: with s = ±1 and t = 1/|u|, Σ
/// b_n uⁿ / u^N = Σ b_n sⁿ t^(N−n). Else s = u and t = 1.
template <class S, std::size_t Order>
struct ChannelQuery {
  S q, scale, s, t;
  bool large;

  ODOT_HOST_DEVICE ChannelQuery(S query, S sigma) : q(query), scale(sigma), s(query * sigma), t{1} {
    constexpr S bound = direct_bound<S>(Order);
    large = magnitude(s) > bound;
    if (!large) return;
    t = S{1} / magnitude(s);
    s = (s < S{0} ? S{-1} : S{1}) + q * S{0};  // an infinite query has no limit: a NaN
  }

  struct Ratio {
    S numerator, denominator;
  };
  ODOT_HOST_DEVICE Ratio ratio(const ChannelSums<S, Order>& sums) const {
    Ratio at{sums.a(Order), sums.b(Order)};
    S power = t;
    for (std::size_t n = Order; n > 0; --n) {
      at.numerator = at.numerator * s + power * sums.a(n - 1);
      at.denominator = at.denominator * s + power * sums.b(n - 1);
      power *= t;
    }
    return at;
  }
  ODOT_HOST_DEVICE S y(const ChannelSums<S, Order>& sums) const {
    const Ratio at = ratio(sums);
    return at.numerator / at.denominator;
  }

  /// share: dy/M, or dy uᵒʳᵈᵉʳ/M of a large query.  dq = σ (dy/M) Σ n uⁿ⁻¹ (a_n − y b_n)
  struct Gradient {
    S share, dq;
  };
  ODOT_HOST_DEVICE Gradient gradient(const ChannelSums<S, Order>& sums, S y, S dy) const {
    S difference = sums.a(Order) - y * sums.b(Order), slope = difference, power = t;
    for (std::size_t n = Order - 1; n > 0; --n) {
      difference = difference * s + power * (sums.a(n) - y * sums.b(n));
      slope = slope * s + difference;
      power *= t;
    }
    const S share = dy / ratio(sums).denominator;
    return {share, large ? share * slope / magnitude(q) : share * scale * slope};
  }

  /// queries += the term of this query, of the share that gradient() gave.
  ODOT_HOST_DEVICE void add_to(ChannelSums<S, Order>& queries, S share, S y) const {
    if (!large) return queries.add(share, s, y);
    for (std::size_t i = 0; i <= Order; ++i) {  // share sⁿ tᴺ⁻ⁿ; s = ±1, N is even
      queries.add_term(Order - i, i % 2 == 0 ? share : share * s, y);
      share *= t;
    }
  }
};

}  // namespace odot::kernels::detail
