#pragma once
// SPDX-License-Identifier: MIT
// The product of two matrices on the GPU.

#include "odot/kernels/gpu/gemm.hpp"
#include "odot/kernels/matmul/contract.hpp"

namespace odot::kernels {

template <>
struct Matmul<Gpu> {
  template <bool TransposeA, bool TransposeB, class S>
  static void multiply(Workspace<Gpu>&, const ProductExtents& extents, const MatrixAt<const S>& a,
                       const MatrixAt<const S>& b, const MatrixAt<S>& c) {
    gpu::multiply<TransposeA, TransposeB, S>({extents.rows, extents.columns, extents.inner}, {a.data, a.stride},
                                             {b.data, b.stride}, S{0}, {c.data, c.stride});
  }
};

static_assert(MatmulKernel<Matmul<Gpu>, Gpu>);

}  // namespace odot::kernels
