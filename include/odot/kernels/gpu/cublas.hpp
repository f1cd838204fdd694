#pragma once
// SPDX-License-Identifier: MIT
// cuBLAS: one handle per thread, errors as exceptions, TensorFloat-32 if allowed.

#include <cublas_v2.h>

#include <cstddef>
#include <source_location>
#include <string>

#include "odot/core/checked.hpp"
#include "odot/core/config.hpp"
#include "odot/core/gpu/cuda.hpp"

namespace odot::nvidia {

inline void check(cublasStatus_t status, const std::string& operation,
                  const std::source_location& where = std::source_location::current()) {
  if (status != CUBLAS_STATUS_SUCCESS)
    throw DeviceError("cuBLAS: " + operation + ": " + cublasGetStatusString(status) + " [" + detail::place(where) +
                      "]");
}

namespace detail {

ODOT_SHARED inline thread_local bool tensor_float_32 = false;

/// Created at a thread's first product. It owns its working memory, so that a product allocates nothing: a CUDA graph
/// would repeat the allocation.
class CublasHandle {
 public:
  CublasHandle() : memory_(nvidia::allocate(memory_bytes)) { check(cublasCreate(&handle_), "creating a handle"); }
  CublasHandle(const CublasHandle&) = delete;
  CublasHandle& operator=(const CublasHandle&) = delete;
  ~CublasHandle() {
    cublasDestroy(handle_);
    cudaFree(memory_);
  }

  /// The handle for the thread's stream and arithmetic.
  cublasHandle_t get() {
    check(cublasSetStream(handle_, stream()), "choosing the stream");
    check(cublasSetWorkspace(handle_, memory_, memory_bytes), "lending memory");
    check(cublasSetMathMode(handle_, tensor_float_32 ? CUBLAS_TF32_TENSOR_OP_MATH : CUBLAS_DEFAULT_MATH),
          "choosing the arithmetic");
    return handle_;
  }

 private:
  static constexpr std::size_t memory_bytes = 32 << 20;  // cuBLAS's own choice on compute capability 9
  void* memory_;
  cublasHandle_t handle_ = nullptr;
};

inline cublasHandle_t cublas() {
  thread_local CublasHandle handle;
  return handle.get();
}

inline cublasStatus_t gemm_of(cublasHandle_t h, cublasOperation_t ta, cublasOperation_t tb, int m, int n, int k,
                              const float* alpha, const float* a, int lda, const float* b, int ldb, const float* beta,
                              float* c, int ldc) {
  return cublasSgemm(h, ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}
inline cublasStatus_t gemm_of(cublasHandle_t h, cublasOperation_t ta, cublasOperation_t tb, int m, int n, int k,
                              const double* alpha, const double* a, int lda, const double* b, int ldb,
                              const double* beta, double* c, int ldc) {
  return cublasDgemm(h, ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

}  // namespace detail

/// Whether the calling thread's matrix products and convolutions of floats may round their factors to 10 bits of
/// mantissa (TensorFloat-32: several times as fast on Ampere and later). Off by default.
inline void allow_tensor_float_32(bool allow) { detail::tensor_float_32 = allow; }

/// Column-major C [m, n] = op(A) [m, k] · op(B) [k, n] + beta C, on the thread's stream. Throws ArgumentError if an
/// extent or stride exceeds int.
template <class S>
void gemm(bool transpose_a, bool transpose_b, std::size_t m, std::size_t n, std::size_t k, const S* a, std::size_t lda,
          const S* b, std::size_t ldb, S beta, S* c, std::size_t ldc) {
  const S one{1};
  const auto op = [](bool transpose) { return transpose ? CUBLAS_OP_T : CUBLAS_OP_N; };
  const auto extent = [](std::size_t size) { return checked_int("odot, GPU: a matrix product by cuBLAS", size); };
  check(detail::gemm_of(detail::cublas(), op(transpose_a), op(transpose_b), extent(m), extent(n), extent(k), &one, a,
                        extent(lda), b, extent(ldb), &beta, c, extent(ldc)),
        "the product [" + std::to_string(m) + ", " + std::to_string(k) + "] by [" + std::to_string(k) + ", " +
            std::to_string(n) + "]");
}

}  // namespace odot::nvidia
