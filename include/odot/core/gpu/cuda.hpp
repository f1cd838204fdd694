#pragma once
// SPDX-License-Identifier: MIT
// The CUDA runtime's errors as exceptions, its memory, and the calling thread's stream. (The namespace is not called
// cuda, which is CCCL's: `using namespace odot` would make that ambiguous.)

#include <cuda_runtime_api.h>

#include <cstddef>
#include <source_location>
#include <string>

#include "odot/core/config.hpp"
#include "odot/core/error.hpp"

namespace odot::nvidia {

namespace detail {

inline std::string place(const std::source_location& where) {
  return std::string(where.file_name()) + ":" + std::to_string(where.line());
}

/// What a user can do about an error.
inline const char* advice(cudaError_t error) {
  switch (error) {
    case cudaErrorNoDevice:
      return "; there is no NVIDIA GPU that this process may use; use the Cpu instead";
    case cudaErrorInsufficientDriver:
      return "; the NVIDIA driver is older than the CUDA runtime of this program, or missing; update it";
    case cudaErrorNoKernelImageForDevice:
      return "; the program was compiled for other GPUs; build it with CMAKE_CUDA_ARCHITECTURES=native";
    case cudaErrorMemoryAllocation:
      return "; choose a smaller batch";
    default:
      return "";
  }
}

}  // namespace detail

/// Throws DeviceError unless `error` is cudaSuccess. Also clears the runtime's last error, so that it isn't reported
/// again.
inline void check(cudaError_t error, const std::string& operation,
                  const std::source_location& where = std::source_location::current()) {
  if (error == cudaSuccess) return;
  cudaGetLastError();
  throw DeviceError("CUDA: " + operation + ": " + cudaGetErrorString(error) + " (" + cudaGetErrorName(error) + ")" +
                    detail::advice(error) + " [" + detail::place(where) + "]");
}

/// Throws DeviceError if the last launch was refused.
inline void check_launch(const std::string& kernel,
                         const std::source_location& where = std::source_location::current()) {
  check(cudaGetLastError(), "launching " + kernel, where);
}

/// Memory of the current GPU. Throws DeviceError; if memory is short, the error says how much is free.
inline void* allocate(std::size_t bytes) {
  void* memory = nullptr;
  const cudaError_t error = cudaMalloc(&memory, bytes);
  if (error == cudaSuccess) return memory;
  const bool few = bytes < std::size_t{1} << 20;
  std::string operation =
      "allocating " + (few ? std::to_string(bytes) + " bytes" : std::to_string(bytes >> 20) + " MiB");
  std::size_t free = 0, total = 0;
  if (error == cudaErrorMemoryAllocation && cudaMemGetInfo(&free, &total) == cudaSuccess)
    operation += " (" + std::to_string(free >> 20) + " of " + std::to_string(total >> 20) + " MiB are free)";
  check(error, operation);
  return nullptr;
}

/// "NVIDIA H100, compute capability 9.0". Throws DeviceError if there is no GPU.
inline std::string description() {
  int device = 0;
  check(cudaGetDevice(&device), "looking for a GPU");
  cudaDeviceProp properties{};
  check(cudaGetDeviceProperties(&properties, device), "asking for the GPU's properties");
  return std::string(properties.name) + ", compute capability " + std::to_string(properties.major) + "." +
         std::to_string(properties.minor);
}

namespace detail {
ODOT_SHARED inline thread_local cudaStream_t current_stream = nullptr;
}  // namespace detail

/// The stream of the calling thread's work: CUDA's default stream, or the innermost StreamScope's.
inline cudaStream_t stream() { return detail::current_stream; }

/// While it exists, the calling thread's work goes to `stream`. The stream must outlive what was allocated under it.
class StreamScope {
 public:
  explicit StreamScope(cudaStream_t stream) : before_(detail::current_stream) { detail::current_stream = stream; }
  StreamScope(const StreamScope&) = delete;
  StreamScope& operator=(const StreamScope&) = delete;
  ~StreamScope() { detail::current_stream = before_; }

 private:
  cudaStream_t before_;
};

}  // namespace odot::nvidia
