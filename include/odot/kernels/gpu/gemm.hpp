#pragma once
// SPDX-License-Identifier: MIT
// Matrix products on the device: cuBLAS on a GPU, a Thrust algorithm anywhere.

#include <cstddef>

#include "odot/kernels/gpu/launch.hpp"

#if THRUST_DEVICE_SYSTEM == THRUST_DEVICE_SYSTEM_CUDA
#include "odot/kernels/gpu/cublas.hpp"
#endif

namespace odot::kernels::gpu {

/// Sizes of a product: C [rows, columns] = A [rows, inner] · B [inner, columns].
struct ProductSize {
  std::size_t rows, columns, inner;
};

/// A row-major matrix, with `stride` numbers from the start of a row to the start of the next.
template <class S>
struct Matrix {
  S* data;
  std::size_t stride;
};

/// C = op(A) op(B) + beta C; op transposes where the template argument says so. One thread per element of C; long sums
/// are made in stretches, which are added in double.
template <bool TransposeA, bool TransposeB, class S>
void multiply_by_thrust(const ProductSize& size, Matrix<const S> a, Matrix<const S> b, S beta, Matrix<S> c) {
  for_each_index(size.rows * size.columns, [=] ODOT_HOST_DEVICE(std::size_t index) {
    const std::size_t i = index / size.columns, j = index % size.columns;
    constexpr std::size_t stretch = 64;
    double total = 0;
    for (std::size_t first = 0; first < size.inner; first += stretch) {
      S sum{0};
      for (std::size_t k = first; k < size.inner && k < first + stretch; ++k)
        sum += a.data[TransposeA ? k * a.stride + i : i * a.stride + k] *
               b.data[TransposeB ? j * b.stride + k : k * b.stride + j];
      total += static_cast<double>(sum);
    }
    S& out = c.data[i * c.stride + j];
    out = beta == S{0} ? static_cast<S>(total) : static_cast<S>(total) + beta * out;
  });
}

/// The same, by cuBLAS on a GPU.
template <bool TransposeA, bool TransposeB, class S>
void multiply(const ProductSize& size, Matrix<const S> a, Matrix<const S> b, S beta, Matrix<S> c) {
  if (size.rows == 0 || size.columns == 0) return;
#if THRUST_DEVICE_SYSTEM == THRUST_DEVICE_SYSTEM_CUDA
  // Row-major C = A B is column-major Cᵀ = Bᵀ Aᵀ.
  nvidia::gemm(TransposeB, TransposeA, size.columns, size.rows, size.inner, b.data, b.stride, a.data, a.stride, beta,
               c.data, c.stride);
#else
  multiply_by_thrust<TransposeA, TransposeB>(size, a, b, beta, c);
#endif
}

}  // namespace odot::kernels::gpu
