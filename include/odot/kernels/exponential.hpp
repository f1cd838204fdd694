#pragma once
// SPDX-License-Identifier: MIT
// The exponential inside softmaxes: arguments that are not above zero by much.

#include <type_traits>

#include "odot/kernels/simd.hpp"

namespace odot::kernels::simd {

/// eˣ for x ≤ 80, by packets; below −87 the result stays at e⁻⁸⁷ (1.6e-38). Float: relative error below 1.2e-7, 13
/// instructions, half of what Eigen's general function takes; other scalars: Eigen's.
/// x = n ln 2 + r, |r| ≤ ln 2 / 2;  eˣ = 2ⁿ (1 + r q(r)), q the minimax polynomial of degree 5 (error 2e-9).
template <class S>
ODOT_INLINE Packet<S> softmax_exp(const Packet<S>& x) {
  if constexpr (std::is_same_v<S, float> && lanes<float> > 1) {
    const auto clamped = max(x, all(-87.0f));
    const auto magic = all(12582912.0f);  // 1.5 · 2²³: adding it rounds to an integer, kept in the lowest bits
    const auto rounded = multiply_add(clamped, all(1.44269504f), magic);
    const auto n = subtract(rounded, magic);
    auto r = multiply_add(n, all(-0.693145752f), clamped);  // ln 2 in two parts
    r = multiply_add(n, all(-1.42860677e-6f), r);
    auto q = multiply_add(r, all(0.00138436037f), all(0.00837419834f));
    q = multiply_add(q, r, all(0.0416680053f));
    q = multiply_add(q, r, all(0.166664302f));
    q = multiply_add(q, r, all(0.499999940f));
    q = multiply_add(q, r, all(1.0f));
    q = multiply_add(q, r, all(1.0f));
    // · 2ⁿ: n added to the exponent's bits
    const auto shifted =
        Eigen::internal::plogical_shift_left<23>(Eigen::internal::preinterpret<IntegerPacket>(rounded));
    const auto scaled = Eigen::internal::padd(shifted, Eigen::internal::preinterpret<IntegerPacket>(q));
    return Eigen::internal::preinterpret<Packet<float>>(scaled);
  } else {
    return exp(x);
  }
}

}  // namespace odot::kernels::simd
