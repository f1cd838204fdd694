#pragma once
// SPDX-License-Identifier: MIT
// The product of two matrices on the CPU, by Eigen.

#include "odot/core/parallel.hpp"
#include "odot/kernels/eigen.hpp"
#include "odot/kernels/matmul/contract.hpp"

namespace odot::kernels {

template <>
struct Matmul<Cpu> {
  static constexpr std::size_t chunk_size = 128;  // rows

  template <bool TransposeA, bool TransposeB, class S>
  static void multiply(Workspace<Cpu>& workspace, const ProductExtents& extents, const MatrixAt<const S>& a,
                       const MatrixAt<const S>& b, const MatrixAt<S>& c) {
    const auto right = strided_matrix(b.data, TransposeB ? extents.columns : extents.inner,
                                      TransposeB ? extents.inner : extents.columns, b.stride);
    const Chunks chunks(extents.rows, chunk_size);
    parallel_for(workspace.threads(), chunks.count(), [&](std::size_t chunk, std::size_t) {
      const std::size_t begin = chunks.begin(chunk), rows = chunks.size(chunk);
      auto product = strided_matrix(c.data + begin * c.stride, rows, extents.columns, c.stride);
      const auto into = [&](const auto& left) {
        if constexpr (TransposeB) product.noalias() = left * right.transpose();
        else product.noalias() = left * right;
      };
      if constexpr (TransposeA) into(strided_matrix(a.data + begin, extents.inner, rows, a.stride).transpose());
      else into(strided_matrix(a.data + begin * a.stride, rows, extents.inner, a.stride));
    });
  }
};

static_assert(MatmulKernel<Matmul<Cpu>, Cpu>);

}  // namespace odot::kernels
