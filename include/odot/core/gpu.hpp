#pragma once
// SPDX-License-Identifier: MIT
// The device tag Gpu: memory and stream of the Thrust device system that the translation unit is compiled for.
//     CUDA       a file that nvcc compiles: an NVIDIA GPU
//     OMP, CPP   any compiler, with THRUST_DEVICE_SYSTEM set: the GPU backend's code on the host, for tests without a GPU

#include <thrust/detail/config.h>

#include <cstddef>
#include <cstring>
#include <new>
#include <string>

#include "odot/core/config.hpp"
#include "odot/core/error.hpp"

#if THRUST_DEVICE_SYSTEM == THRUST_DEVICE_SYSTEM_CUDA
#ifndef __CUDACC__
#error \
    "odot/gpu.hpp: compile this file with nvcc (CMake: LANGUAGE CUDA), or for the host with THRUST_DEVICE_SYSTEM=THRUST_DEVICE_SYSTEM_OMP"
#endif
#include "odot/core/gpu/cuda.hpp"
#endif

namespace odot {

/// Thrust's device systems.
enum class ThrustSystem { cpp, omp, cuda };

/// A device of Thrust. Every system has its own type, so that files compiled for different systems may be linked
/// together.
template <ThrustSystem System>
struct ThrustDevice {
  static constexpr const char* name = "gpu";
  static constexpr ThrustSystem system = System;
  static constexpr std::size_t alignment = 64;    // bytes
  static constexpr bool host_accessible = false;  // so that tests on the host behave as on a GPU

  static void* allocate(std::size_t bytes) { return ::operator new(bytes, std::align_val_t{alignment}); }
  static void deallocate(void* memory) noexcept { ::operator delete(memory, std::align_val_t{alignment}); }
  static void copy_to_host(void* host, const void* device, std::size_t bytes) { std::memcpy(host, device, bytes); }
  static void copy_from_host(void* device, const void* host, std::size_t bytes) { std::memcpy(device, host, bytes); }
  static void copy(void* to, const void* from, std::size_t bytes) { std::memcpy(to, from, bytes); }
  static void zero(void* memory, std::size_t bytes) { std::memset(memory, 0, bytes); }

  /// Waits until all work is done.
  static void synchronize() {}
  /// The device in words.
  static std::string description() {
    return System == ThrustSystem::omp ? "the host, Thrust's OpenMP system" : "the host, Thrust's C++ system";
  }
};

#if THRUST_DEVICE_SYSTEM == THRUST_DEVICE_SYSTEM_CUDA

/// An NVIDIA GPU: the calling thread's current one (cudaSetDevice). All work goes to the thread's current stream
/// (nvidia::StreamScope), in order; copies to the host wait for it.
/// Errors  DeviceError for all that the CUDA runtime reports, with the operation, file and line
template <>
struct ThrustDevice<ThrustSystem::cuda> {
  static constexpr const char* name = "gpu";
  static constexpr ThrustSystem system = ThrustSystem::cuda;
  static constexpr std::size_t alignment = 256;  // bytes
  static constexpr bool host_accessible = false;

  static void* allocate(std::size_t bytes) { return nvidia::allocate(bytes); }
  static void deallocate(void* memory) noexcept { cudaFree(memory); }  // fails only where an earlier call has failed
  static void copy_to_host(void* host, const void* device, std::size_t bytes) {
    nvidia::check(cudaMemcpyAsync(host, device, bytes, cudaMemcpyDeviceToHost, nvidia::stream()),
                  "copying to the host");
    synchronize();
  }
  static void copy_from_host(void* device, const void* host, std::size_t bytes) {
    nvidia::check(cudaMemcpyAsync(device, host, bytes, cudaMemcpyHostToDevice, nvidia::stream()), "copying to the GPU");
    synchronize();
  }
  static void copy(void* to, const void* from, std::size_t bytes) {
    nvidia::check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToDevice, nvidia::stream()), "copying on the GPU");
  }
  static void zero(void* memory, std::size_t bytes) {
    nvidia::check(cudaMemsetAsync(memory, 0, bytes, nvidia::stream()), "clearing memory");
  }

  static void synchronize() { nvidia::check(cudaStreamSynchronize(nvidia::stream()), "waiting for the GPU"); }
  static std::string description() { return nvidia::description(); }
};

using Gpu = ThrustDevice<ThrustSystem::cuda>;

#elif THRUST_DEVICE_SYSTEM == THRUST_DEVICE_SYSTEM_OMP
using Gpu = ThrustDevice<ThrustSystem::omp>;
#else
using Gpu = ThrustDevice<ThrustSystem::cpp>;
#endif

}  // namespace odot
