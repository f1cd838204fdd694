#pragma once
// SPDX-License-Identifier: MIT
// Sums that keep what rounding loses (Kahan), of numbers and of packets.

#include <limits>

#include "odot/core/config.hpp"
#include "odot/kernels/eigen_core.hpp"
#include "odot/kernels/simd_mask.hpp"
#include "odot/kernels/simd_packet.hpp"

namespace odot::kernels {

/// sum += term, where `lost` is the sum's rounding error, by which it is too large. After any number of calls the error
/// is about one rounding of the terms' absolute sum. An infinite sum stays infinite. The differences have no product
/// that a compiler could fuse, and keep_rounding prevents it from regrouping them.
/// Source  Kahan, "Further remarks on reducing truncation errors", 1965.
template <class P>
ODOT_INLINE void add_compensated(P& sum, P& lost, const P& term) {
  using S = typename Eigen::internal::unpacket_traits<P>::type;
  const P infinity = Eigen::internal::pset1<P>(std::numeric_limits<S>::infinity());
  const P wanted = simd::subtract(term, lost);
  P next = simd::add(sum, wanted);
  simd::keep_rounding(next);
  const P added = simd::subtract(next, sum);
  lost = simd::where(simd::less(simd::abs(added), infinity), simd::subtract(added, wanted));
  sum = next;
}

}  // namespace odot::kernels
