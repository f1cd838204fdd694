#pragma once
// SPDX-License-Identifier: MIT
// The product of two matrices on the CPU.

#include "odot/kernels/matmul/contract.hpp"
#include "odot/kernels/products/multiply.hpp"

namespace odot::kernels {

template <>
struct Matmul<Cpu> {
  template <bool TransposeA, bool TransposeB, class S>
  static void multiply(Workspace<Cpu>& workspace, const ProductExtents& extents, const MatrixAt<const S>& a,
                       const MatrixAt<const S>& b, const MatrixAt<S>& c) {
    const auto left = row_major(a.data, a.stride), right = row_major(b.data, b.stride);
    kernels::multiply<S>(workspace, {.rows = extents.rows,
                                     .columns = extents.columns,
                                     .terms = extents.inner,
                                     .a = TransposeA ? left.transposed() : left,
                                     .b = TransposeB ? right.transposed() : right,
                                     .c = row_major(c.data, c.stride)});
  }
};

static_assert(MatmulKernel<Matmul<Cpu>, Cpu>);

}  // namespace odot::kernels
