#pragma once
// SPDX-License-Identifier: MIT
// Buffer: an owning, aligned array of plain numbers on a device.

#include <cstddef>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "odot/core/checked.hpp"
#include "odot/core/device.hpp"

namespace odot {

/// A fixed number of elements on a device, zero at first. Movable, not copyable, so that no copy is by chance: to_host
/// and from_host copy.
template <class T, DeviceType Device = Cpu>
class Buffer {
  static_assert(std::is_trivially_copyable_v<T>, "odot::Buffer: elements must be trivially copyable");

 public:
  Buffer() = default;
  /// Throws ArgumentError if `count` elements are more than memory can have.
  explicit Buffer(std::size_t count) : count_(count) {
    if (count == 0) return;
    const std::size_t bytes = checked_product("odot::Buffer", count, sizeof(T));
    data_ = static_cast<T*>(Device::allocate(bytes));
    Device::zero(data_, bytes);
  }
  Buffer(Buffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), count_(std::exchange(other.count_, 0)) {}
  Buffer& operator=(Buffer&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(count_, other.count_);
    return *this;
  }
  ~Buffer() {
    if (data_) Device::deallocate(data_);
  }

  T* data() { return data_; }
  const T* data() const { return data_; }
  std::size_t size() const { return count_; }
  bool empty() const { return count_ == 0; }

  std::span<T> span() { return {data_, count_}; }
  std::span<const T> span() const { return {data_, count_}; }

  void zero() {
    if (count_) Device::zero(data_, count_ * sizeof(T));
  }

  /// The elements in host memory.
  std::vector<T> to_host() const {
    std::vector<T> host(count_);
    if (count_) Device::copy_to_host(host.data(), data_, count_ * sizeof(T));
    return host;
  }

  /// Fills the buffer from memory of the same device, which has at least size() elements.
  void copy_from(const T* other) {
    if (count_ == 0 || other == data_) return;
    if constexpr (std::is_same_v<Device, Cpu>) {
      from_host(other);
    } else if constexpr (requires { Device::copy(data_, other, count_); }) {
      Device::copy(data_, other, count_ * sizeof(T));
    } else {
      std::vector<T> host(count_);
      Device::copy_to_host(host.data(), other, count_ * sizeof(T));
      from_host(host.data());
    }
  }

  /// Fills the buffer from host memory; `host` has at least size() elements.
  void from_host(const T* host) {
    if (count_) Device::copy_from_host(data_, host, count_ * sizeof(T));
  }

 private:
  T* data_ = nullptr;
  std::size_t count_ = 0;
};

namespace detail {
/// Copies elements from one device to another, or within one, by way of the host.
template <DeviceType From, DeviceType To, class T>
void copy_between(const T* from, T* to, std::size_t count) {
  if (count == 0) return;
  if constexpr (From::host_accessible) {
    To::copy_from_host(to, from, count * sizeof(T));
  } else if constexpr (To::host_accessible) {
    From::copy_to_host(to, from, count * sizeof(T));
  } else {
    std::vector<T> host(count);
    From::copy_to_host(host.data(), from, count * sizeof(T));
    To::copy_from_host(to, host.data(), count * sizeof(T));
  }
}
}  // namespace detail

/// Elements of a device's memory in the host's reach: the elements themselves if the host reads that memory, else a
/// copy.
template <DeviceType Device, class T>
auto on_host(std::span<T> values) {
  if constexpr (Device::host_accessible) {
    return std::span<const T>(values);
  } else {
    std::vector<std::remove_const_t<T>> host(values.size());
    if (!host.empty()) Device::copy_to_host(host.data(), values.data(), values.size_bytes());
    return host;
  }
}

}  // namespace odot
