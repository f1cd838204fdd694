#pragma once
// SPDX-License-Identifier: MIT
// Contract of dropout.

#include <cstddef>
#include <cstdint>

#include "odot/core/random.hpp"
#include "odot/core/view.hpp"
#include "odot/core/workspace.hpp"
#include "odot/kernels/kernel.hpp"

namespace odot::kernels {

/// Which elements are dropped, and what the others are multiplied by. Element i of sample n of a pass has the position
/// e = (first_sample + n) · size + i; it is kept where word e of the stream is at least ⌊p · 2³²⌋, words being the halves
/// of random.bits(0), random.bits(1), …, the high half first.
struct DropoutMask {
  Random random;
  double p = 0;  ///< probability of an element to be dropped, in [0, 1)
  std::size_t first_sample = 0;

  constexpr std::uint32_t threshold() const { return static_cast<std::uint32_t>(p * 0x1p32); }
  /// 1 / (1 − p) of the p that the threshold stands for, so that y is x on average however close to 1 p is.
  constexpr double scale() const { return 0x1p32 / (0x1p32 - threshold()); }
};

/// y = x/(1 − p) where the mask keeps the element, else 0; y may be x's memory. Its own backward: dx from dy. Nothing of
/// the mask is stored.
/// Shapes  x [N, …] → y [N, …]
///
///   forward(workspace, mask, x, y)
template <class Device>
struct Dropout : detail::NoKernel<Device> {};

}  // namespace odot::kernels
