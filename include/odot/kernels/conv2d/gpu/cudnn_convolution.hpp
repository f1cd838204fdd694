#pragma once
// SPDX-License-Identifier: MIT
// A 2-D convolution of floats in NCHW as cuDNN sees it, and its passes.

#include <array>
#include <compare>
#include <cstdint>

namespace odot::kernels::detail {

// The passes, each as result = f(operands) + beta · result.

/// y = W ⋆ x
struct CudnnForward {
  static constexpr const char* name = "a convolution";
  static constexpr float beta = 0;
};
/// dx = Wᵀ ⋆ dy
struct CudnnBackwardData {
  static constexpr const char* name = "a convolution's gradient by its input";
  static constexpr float beta = 0;
};
/// dW += Σₙ dy ⋆ x
struct CudnnBackwardWeight {
  static constexpr const char* name = "a convolution's gradient by its weights";
  static constexpr float beta = 1;
};

/// What the choice of a plan depends on.
struct CudnnConvolution {
  using Extents = std::array<std::int64_t, 4>;
  Extents x, weight, y;
  std::int64_t stride, padding;
  std::array<std::int64_t, 3> alignments;  // bytes
  bool tensor_float_32;
  auto operator<=>(const CudnnConvolution&) const = default;
};

}  // namespace odot::kernels::detail
