#pragma once
// SPDX-License-Identifier: MIT
// Device tags. A tag selects memory and kernels; both backends may live in one binary.

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <string_view>

#include "odot/core/config.hpp"
#include "odot/core/fingerprint.hpp"

namespace odot {

/// The host: Eigen's arithmetic, OpenMP's threads where the translation unit is compiled with them.
struct Cpu {
  static constexpr const char* name = "cpu";
  static constexpr std::size_t alignment = 64;   // bytes: a cache line, and the widest SIMD register
  static constexpr bool host_accessible = true;  // the host reads and writes its memory

  static void* allocate(std::size_t bytes) { return ::operator new(bytes, std::align_val_t{alignment}); }
  static void deallocate(void* memory) noexcept { ::operator delete(memory, std::align_val_t{alignment}); }
  static void copy_to_host(void* host, const void* device, std::size_t bytes) { std::memcpy(host, device, bytes); }
  static void copy_from_host(void* device, const void* host, std::size_t bytes) { std::memcpy(device, host, bytes); }
  static void zero(void* memory, std::size_t bytes) { std::memset(memory, 0, bytes); }
};

/// What a device tag offers: raw memory and copies, sizes in bytes; whether the host may read and write that memory,
/// and so look at results where they are made.
template <class T>
concept DeviceType = requires(void* memory, const void* source, std::size_t bytes) {
  { T::name } -> std::convertible_to<const char*>;
  { T::alignment } -> std::convertible_to<std::size_t>;
  { T::host_accessible } -> std::convertible_to<bool>;
  { T::allocate(bytes) } -> std::same_as<void*>;
  T::deallocate(memory);
  T::copy_to_host(memory, source, bytes);
  T::copy_from_host(memory, source, bytes);
  T::zero(memory, bytes);
};

/// Identifies a tag's device by its name and, for Thrust's devices, its system: the same in every shared library.
template <DeviceType Device>
constexpr std::uint64_t device_fingerprint() {
  Fingerprint fingerprint;
  fingerprint.add(std::string_view(Device::name));
  if constexpr (requires { Device::system; }) fingerprint.add(static_cast<std::uint64_t>(Device::system));
  return fingerprint.value();
}

}  // namespace odot
