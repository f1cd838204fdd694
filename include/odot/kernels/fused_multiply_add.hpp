#pragma once
// SPDX-License-Identifier: MIT
// Products less a number near them, with the digits of the difference, on every device and processor and whatever the
// compiler contracts. (The same of packets: simd_fused.hpp.)

#include <cmath>
#include <type_traits>

#include "odot/core/config.hpp"

namespace odot::kernels {

/// Whether a · b + c with one rounding is an instruction of the processor that is compiled for.
#if defined(__CUDA_ARCH__) || defined(__FMA__) || defined(__ARM_FEATURE_FMA) || defined(__FP_FAST_FMA)
inline constexpr bool has_fused_multiply_add = true;
#else
inline constexpr bool has_fused_multiply_add = false;
#endif

/// a · b + c, rounded once: floats everywhere, doubles where that is an instruction; elsewhere they are rounded twice, always.
template <class S>
ODOT_HOST_DEVICE S fused_multiply_add(S a, S b, S c) {
  if constexpr (has_fused_multiply_add) return std::fma(a, b, c);
  else if constexpr (std::is_same_v<S, float>)
    return static_cast<float>(static_cast<double>(a) * static_cast<double>(b) + static_cast<double>(c));
  else return a * b + c;
}

/// a · b + c + d + e, where d is near −(a · b + c), and e makes up for what it is off: as exact as the result while the
/// numbers are below 2²⁷, to double's precision above. c may be infinite. The sum is rounded before e is added, so that minus
/// the result without e as e gives 0.
template <class S>
ODOT_HOST_DEVICE S fused_multiply_add(S a, S b, S c, S d, S e) {
  if constexpr (!has_fused_multiply_add && std::is_same_v<S, float>) {
    const auto sum = static_cast<double>(c) + static_cast<double>(d);
    return static_cast<float>(static_cast<double>(a) * static_cast<double>(b) + sum) + e;
  } else {
    ODOT_KEEP_ORDER
    // c + d = sum + rest. Source  Knuth, The Art of Computer Programming, volume 2, section 4.2.2, theorem B
    const S sum = c + d, of_d = sum - c, rest = (c - (sum - of_d)) + (d - of_d);
    return (fused_multiply_add(a, b, sum) + (rest == rest ? rest : S{0})) + e;
  }
}

}  // namespace odot::kernels
