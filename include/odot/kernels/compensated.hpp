#pragma once
// SPDX-License-Identifier: MIT
// Sums that keep what rounding loses (Kahan), of numbers and of packets.

#include "odot/core/config.hpp"
#include "odot/kernels/simd.hpp"

namespace odot::kernels {

/// sum += term, where `lost` is what the sum has too much. After any number of calls the error is about one rounding of
/// the terms' absolute sum. There is no product in the differences that a compiler could fuse, and keep_rounding
/// keeps it from regrouping them.
/// Source  Kahan, "Further remarks on reducing truncation errors", 1965.
template <class P>
ODOT_INLINE void add_compensated(P& sum, P& lost, const P& term) {
  const P wanted = simd::subtract(term, lost);
  P next = simd::add(sum, wanted);
  simd::keep_rounding(next);
  lost = simd::subtract(simd::subtract(next, sum), wanted);
  sum = next;
}

}  // namespace odot::kernels
