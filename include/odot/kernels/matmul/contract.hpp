#pragma once
// SPDX-License-Identifier: MIT
// Contract of the product of two matrices.

#include <cstddef>

#include "odot/core/workspace.hpp"
#include "odot/kernels/missing.hpp"

namespace odot::kernels {

/// Extents of C = A B: A [rows, inner], B [inner, columns].
struct ProductExtents {
  std::size_t rows, columns, inner;
};

/// A row-major matrix in memory, `stride` elements from a row to the next.
template <class S>
struct MatrixAt {
  S* data;
  std::size_t stride;
};

/// C = A B (overwritten). TransposeA: `a` holds Aᵀ; TransposeB: `b` holds Bᵀ. C must not be the memory of A or B.
/// Cost  2·rows·columns·inner FLOP
template <class Device>
struct Matmul : detail::MissingKernels<Device> {
  template <bool TransposeA, bool TransposeB, class S>
  static void multiply(Workspace<Device>& workspace, const ProductExtents& extents, const MatrixAt<const S>& a,
                       const MatrixAt<const S>& b, const MatrixAt<S>& c);
};

/// What a device's Matmul must offer, checked by example calls.
template <class K, class Device, class S = float>
concept MatmulKernel =
    requires(Workspace<Device>& workspace, const ProductExtents& extents, MatrixAt<const S> a, MatrixAt<const S> b,
             MatrixAt<S> c) { K::template multiply<false, true, S>(workspace, extents, a, b, c); };

}  // namespace odot::kernels
