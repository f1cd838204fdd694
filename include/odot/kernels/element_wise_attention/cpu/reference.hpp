#pragma once
// SPDX-License-Identifier: MIT
// What the sums over keys of the series form are relative to, for one packet of channels.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "odot/kernels/element_wise_attention/cpu/channels.hpp"

namespace odot::kernels::detail {

/// A key k has the weight exp(m² − k²) and enters the sums as k/σ; a query q enters as q σ. Both factors cancel out of y.
///     m, `least`: near the smallest |k|, so that the largest weight lies between 1 and e⁴. m² − k² is taken as
///         (m − k)(m + k): exactly 0 for k = m, right to the last bits however large the keys are, whatever the compiler
///         fuses.
///     σ, `scale`: a power of two, at least as large as any |k| that weighs something, so that no power overflows; and
///         of the same order, so that none vanishes; keys of weight 0 do not affect it.
/// They change when a key no longer fits: then m² falls by more than 4, or σ at least doubles.
template <class S>
struct Reference {
  using P = simd::Packet<S>;

  P least = simd::all(no_minimum<S>), scale = simd::all(S{0});  ///< before the first key

  /// Whether keys of low ≤ |k| ≤ high fit, in every lane. NaN does not fit; nor does any key before the first one is
  /// taken in.
  ODOT_INLINE bool fits(const P& low, const P& high) const { return !simd::any(misfits(low, high)); }
  /// The lanes where they do not.
  ODOT_INLINE auto misfits(const P& low, const P& high) const {
    constexpr S below_zero = -(std::numeric_limits<S>::min)();
    return simd::either(simd::exceeds(gap(low), simd::all(widest_gap<S>)),
                        simd::exceeds(simd::subtract(wide(high), scale), simd::all(below_zero)));
  }

  /// The lanes where a key of this magnitude has weight 0.
  ODOT_INLINE auto weightless(const P& size) const { return simd::exceeds(simd::all(least_exponent<S>), gap(size)); }
  /// A key's magnitude; or, where its weight is 0, m, which changes nothing.
  ODOT_INLINE P weighing(const P& size) const {
    return simd::where_less(gap(size), simd::all(least_exponent<S>), least, size);
  }

  /// The base of a key's powers: 0 where its weight is 0, since the powers might be infinite; NaN for an infinite key.
  static ODOT_INLINE P base(const P& weight, const P& k) {
    const P zero = simd::all(S{0});
    return simd::where_less(zero, weight, k, simd::multiply(k, zero));
  }

  /// exp(m² − k²) for a key that fits.
  ODOT_INLINE P weight(const P& k) const { return weight_exp<S>(gap(k)); }

  /// A change from one reference to another: row n of the sums over keys, or over queries, is multiplied by decay ·
  /// ratioⁿ.
  struct Change {
    P decay, ratio;
  };
  /// Takes in keys of low ≤ |k| ≤ high.
  Change change(const P& low, const P& high) {
    const P one = simd::all(S{1}), zero = simd::all(S{0}), fall = gap(low);
    const P decay = simd::where_less(simd::all(widest_gap<S>), fall, weight_exp<S>(simd::negate(fall)), one);
    least = simd::where_less(simd::all(widest_gap<S>), fall, low, least);
    // Where nothing is left of the earlier keys, their scale does not count either.
    const P before = scale, kept = simd::where_less(zero, decay, scale, zero);
    const P needed = simd::larger(wide(high), simd::all(smallest_scale<S>));
    scale = simd::where_less(kept, needed, power_above(needed), kept);
    return {decay, simd::where_less(zero, decay, simd::divide(before, scale), one)};
  }

 private:
  ODOT_INLINE P gap(const P& k) const { return simd::multiply(simd::subtract(least, k), simd::add(least, k)); }

  /// The largest |k| that may have a weight other than 0.
  ODOT_INLINE P wide(const P& high) const { return simd::smaller(high, simd::add(least, simd::all(key_reach<S>))); }

  /// The next power of two above x, within bounds.
  static P power_above(const P& x) {
    using Bits = std::conditional_t<sizeof(S) == 4, std::uint32_t, std::uint64_t>;
    constexpr Bits exponent = sizeof(S) == 4 ? Bits{0x7f800000u} : static_cast<Bits>(0x7ff0000000000000u);
    const P bounded = simd::smaller(x, simd::all(largest_scale<S> / 2));
    return simd::multiply(simd::all(S{2}), Eigen::internal::pand(bounded, simd::all(std::bit_cast<S>(exponent))));
  }
};

}  // namespace odot::kernels::detail
