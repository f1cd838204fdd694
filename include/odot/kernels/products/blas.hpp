#pragma once
// SPDX-License-Identifier: MIT
// Products by the user's BLAS, where ODOT_BLAS asks for it: one call per share of a product, on one thread.

#include <algorithm>
#include <cstddef>
#include <limits>
#include <type_traits>

#include "odot/core/config.hpp"
#include "odot/kernels/products/product.hpp"

#if ODOT_BLAS
#include <cblas.h>

#if defined(__GNUC__) && !defined(_WIN32)
extern "C" void openblas_set_num_threads(int) __attribute__((weak));
#endif
#endif

namespace odot::kernels::products {

/// Whether products of S go to a BLAS.
template <class S>
inline constexpr bool has_blas = ODOT_BLAS && (std::is_same_v<S, float> || std::is_same_v<S, double>);

/// The number of shares of a product that goes to a BLAS, the same for any number of threads: with other extents, a
/// BLAS may add in another order.
inline constexpr std::size_t blas_shares = 16;

#if ODOT_BLAS
/// Calls of the BLAS by this thread.
inline thread_local std::size_t blas_calls = 0;

namespace detail {

/// Tells OpenBLAS to use one thread; otherwise it would start its own threads in every share.
inline void one_thread_per_call() {
#if defined(__GNUC__) && !defined(_WIN32)
  static const bool once = openblas_set_num_threads && (openblas_set_num_threads(1), true);
  (void)once;
#endif
}

/// The leading dimension of a matrix for cblas, or 0 if cblas can't read the matrix.
template <class S>
std::size_t leading(const Strided<S>& m, std::size_t rows, std::size_t columns) {
  if (m.column_stride == 1 && (m.row_stride >= columns || rows == 1)) return (std::max)(m.row_stride, columns);
  if (m.row_stride == 1 && (m.column_stride >= rows || columns == 1)) return (std::max)(m.column_stride, rows);
  return 0;
}

}  // namespace detail
#endif

/// Computes C by the BLAS. Returns false, and does nothing, if the BLAS can't read the operands' layout.
template <class S>
bool multiply_by_blas([[maybe_unused]] const Product<S>& p) {
#if ODOT_BLAS
  const Product<S> q = p.c.column_stride == 1 ? p : p.transposed();
  const std::size_t lda = detail::leading(q.a, q.rows, q.terms), ldb = detail::leading(q.b, q.terms, q.columns),
                    ldc = q.c.row_stride > q.columns ? q.c.row_stride : q.columns;
  constexpr std::size_t most = std::numeric_limits<int>::max();
  if (q.c.column_stride != 1 || lda == 0 || ldb == 0 || lda > most || ldb > most || ldc > most || q.rows > most ||
      q.terms > most)
    return false;
  detail::one_thread_per_call();
  const auto transposition = [](const Strided<const S>& m, std::size_t rows, std::size_t columns) {
    return m.column_stride == 1 && (m.row_stride >= columns || rows == 1) ? CblasNoTrans : CblasTrans;
  };
  const auto call = [&](auto gemm) {
    gemm(CblasRowMajor, transposition(q.a, q.rows, q.terms), transposition(q.b, q.terms, q.columns),
         static_cast<int>(q.rows), static_cast<int>(q.columns), static_cast<int>(q.terms), S{1}, q.a.data,
         static_cast<int>(lda), q.b.data, static_cast<int>(ldb), q.add ? S{1} : S{0}, q.c.data, static_cast<int>(ldc));
  };
  if constexpr (std::is_same_v<S, float>) call(cblas_sgemm);
  else call(cblas_dgemm);
  for (std::size_t i = 0; i < q.rows && q.bias; ++i)
    for (std::size_t j = 0; j < q.columns; ++j) q.c.data[i * q.c.row_stride + j] += q.bias[q.bias_by_row ? i : j];
  ++blas_calls;
  return true;
#else
  return false;
#endif
}

}  // namespace odot::kernels::products
