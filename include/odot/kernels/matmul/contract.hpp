#pragma once
// SPDX-License-Identifier: MIT
// Contract of the product of two matrices.

#include <cstddef>

#include "odot/core/workspace.hpp"
#include "odot/kernels/parallel/contract.hpp"

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
///
///   multiply<TransposeA, TransposeB, S>(workspace, extents, a, b, c)
template <class Device>
struct Matmul {
  [[no_unique_address]] detail::MissingKernels<Device> missing;

  template <bool TransposeA, bool TransposeB, class S>
  static void multiply(const auto&...);
};

}  // namespace odot::kernels
