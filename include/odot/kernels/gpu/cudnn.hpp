#pragma once
// SPDX-License-Identifier: MIT
// cuDNN: one handle a thread, owners of its objects, errors as exceptions. For whoever defines ODOT_CUDNN and links it.

#include <cudnn.h>

#include <source_location>
#include <string>

#include "odot/core/cuda.hpp"
#include "odot/kernels/gpu/cublas.hpp"

namespace odot::nvidia {

inline void check(cudnnStatus_t status, const std::string& operation,
                  const std::source_location& where = std::source_location::current()) {
  if (status == CUDNN_STATUS_SUCCESS) return;
  char reason[512] = "";
  cudnnGetLastErrorString(reason, sizeof reason);
  throw DeviceError("cuDNN: " + operation + ": " + cudnnGetErrorString(status) + (reason[0] == '\0' ? "" : "; ") +
                    reason + " [" + detail::place(where) + "]");
}

namespace detail {

/// Owns what one function of cuDNN's makes and another destroys.
template <class T, cudnnStatus_t (*Create)(T*), cudnnStatus_t (*Destroy)(T)>
class CudnnObject {
 public:
  CudnnObject() { check(Create(&object_), "creating a handle or descriptor"); }
  CudnnObject(const CudnnObject&) = delete;
  CudnnObject& operator=(const CudnnObject&) = delete;
  ~CudnnObject() { Destroy(object_); }
  T get() const { return object_; }

 private:
  T object_ = nullptr;
};

using CudnnHandle = CudnnObject<cudnnHandle_t, cudnnCreate, cudnnDestroy>;
using CudnnTensor = CudnnObject<cudnnTensorDescriptor_t, cudnnCreateTensorDescriptor, cudnnDestroyTensorDescriptor>;
using CudnnFilter = CudnnObject<cudnnFilterDescriptor_t, cudnnCreateFilterDescriptor, cudnnDestroyFilterDescriptor>;
using CudnnConvolution =
    CudnnObject<cudnnConvolutionDescriptor_t, cudnnCreateConvolutionDescriptor, cudnnDestroyConvolutionDescriptor>;

/// Made at a thread's first convolution; on the thread's stream.
inline cudnnHandle_t cudnn() {
  thread_local const CudnnHandle handle;
  check(cudnnSetStream(handle.get(), stream()), "choosing the stream");
  return handle.get();
}

/// What cuDNN may do with floats. Its default rounds them to TensorFloat-32 wherever a GPU can.
inline cudnnMathType_t cudnn_math() { return tensor_float_32 ? CUDNN_DEFAULT_MATH : CUDNN_FMA_MATH; }

}  // namespace detail

}  // namespace odot::nvidia
