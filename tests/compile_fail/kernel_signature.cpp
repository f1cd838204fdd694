// expect: the Abacus multiplies as kernels::Matmul does
// SPDX-License-Identifier: MIT
#include <odot/odot.hpp>

/// A device whose products take the workspace last.
struct Abacus : odot::Cpu {
  static constexpr const char* name = "abacus";
};

template <>
struct odot::kernels::Matmul<Abacus> {
  template <bool TransposeA, bool TransposeB, class S>
  static void multiply(const ProductExtents&, const MatrixAt<const S>&, const MatrixAt<const S>&, const MatrixAt<S>&,
                       Workspace<Abacus>&) {}
};

static_assert(odot::kernels::MatmulKernel<odot::kernels::Matmul<Abacus>, Abacus>,
              "the Abacus multiplies as kernels::Matmul does");

int main() {}
