#pragma once
// SPDX-License-Identifier: MIT
// cuDNN: one handle per thread, owners of its objects, errors as exceptions. For programs that define ODOT_CUDNN and
// link cuDNN.

#include <cudnn.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <source_location>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "odot/core/gpu.hpp"
#include "odot/core/gpu/cuda.hpp"
#include "odot/core/workspace.hpp"

namespace odot::nvidia {

inline void check(cudnnStatus_t status, const char* operation,
                  const std::source_location& where = std::source_location::current()) {
  if (status == CUDNN_STATUS_SUCCESS) return;
  char reason[512] = "";
  cudnnGetLastErrorString(reason, sizeof reason);
  throw DeviceError(std::string("cuDNN: ") + operation + ": " + cudnnGetErrorString(status) +
                    (reason[0] == '\0' ? "" : "; ") + reason + " [" + detail::place(where) + "]");
}

namespace detail {

/// Owns an object that one function of cuDNN creates and another destroys.
template <class T, cudnnStatus_t (*Create)(T*), cudnnStatus_t (*Destroy)(T)>
class CudnnObject {
 public:
  CudnnObject() { check(Create(&object_), "creating a handle or descriptor"); }
  CudnnObject(CudnnObject&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  CudnnObject& operator=(CudnnObject&& other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~CudnnObject() {
    if (object_) Destroy(object_);
  }
  T get() const { return object_; }

 private:
  T object_ = nullptr;
};

using CudnnHandle = CudnnObject<cudnnHandle_t, cudnnCreate, cudnnDestroy>;

/// Created at a thread's first convolution; works on the thread's stream.
inline cudnnHandle_t cudnn() {
  thread_local const CudnnHandle handle;
  check(cudnnSetStream(handle.get(), stream()), "choosing the stream");
  return handle.get();
}

/// The three tensors of an operation: two operands and a result, in any order.
using CudnnTensors = std::array<const float*, 3>;

/// Memory for measuring; empty if the GPU does not have that much.
inline std::span<std::byte> cudnn_memory(Workspace<Gpu>::Frame& frame, std::size_t bytes) {
  try {
    return {frame.take<std::byte>(bytes), bytes};
  } catch (const DeviceError&) {
    return {};
  }
}

// What cuDNN calls the type of an attribute's values.
constexpr auto attribute_type(std::int64_t) { return CUDNN_TYPE_INT64; }
constexpr auto attribute_type(float) { return CUDNN_TYPE_FLOAT; }
constexpr auto attribute_type(const float*) { return CUDNN_TYPE_VOID_PTR; }
constexpr auto attribute_type(std::byte*) { return CUDNN_TYPE_VOID_PTR; }
constexpr auto attribute_type(cudnnHandle_t) { return CUDNN_TYPE_HANDLE; }
constexpr auto attribute_type(cudnnDataType_t) { return CUDNN_TYPE_DATA_TYPE; }
constexpr auto attribute_type(cudnnConvolutionMode_t) { return CUDNN_TYPE_CONVOLUTION_MODE; }
constexpr auto attribute_type(cudnnBackendHeurMode_t) { return CUDNN_TYPE_HEUR_MODE; }
constexpr auto attribute_type(cudnnBackendNumericalNote_t) { return CUDNN_TYPE_NUMERICAL_NOTE; }
constexpr auto attribute_type(cudnnBackendDescriptor_t) { return CUDNN_TYPE_BACKEND_DESCRIPTOR; }

/// Owns a descriptor of a graph, whose attributes are set, then finalized, then read. A descriptor that is an attribute
/// of another one must outlive it.
class CudnnDescriptor {
 public:
  explicit CudnnDescriptor(cudnnBackendDescriptorType_t type) {
    check(cudnnBackendCreateDescriptor(type, &descriptor_), "creating a descriptor");
  }
  CudnnDescriptor(CudnnDescriptor&& other) noexcept : descriptor_(std::exchange(other.descriptor_, nullptr)) {}
  CudnnDescriptor& operator=(CudnnDescriptor&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~CudnnDescriptor() {
    if (descriptor_) cudnnBackendDestroyDescriptor(descriptor_);
  }

  cudnnBackendDescriptor_t get() const { return descriptor_; }

  template <class T, std::size_t Count>
  void set(cudnnBackendAttributeName_t name, const std::array<T, Count>& values) {
    check(cudnnBackendSetAttribute(descriptor_, name, attribute_type(T{}), Count, values.data()),
          "setting a descriptor's attribute");
  }
  template <class T>
  void set(cudnnBackendAttributeName_t name, T value) {
    set(name, std::array{value});
  }

  void finalize(const char* operation) { check(cudnnBackendFinalize(descriptor_), operation); }
  /// Whether cuDNN can do what it describes.
  bool finalize_where_supported() { return cudnnBackendFinalize(descriptor_) == CUDNN_STATUS_SUCCESS; }

  /// An attribute's values, at most `most`.
  template <class T>
  std::vector<T> values(cudnnBackendAttributeName_t name, std::size_t most) const {
    std::vector<T> values(most);
    values.resize((std::min)(most, read(name, attribute_type(T{}), most, values.data())));
    return values;
  }
  /// The descriptor, of this type, that is an attribute's value.
  CudnnDescriptor descriptor(cudnnBackendAttributeName_t name, cudnnBackendDescriptorType_t type) const {
    CudnnDescriptor owner(type);
    read(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &owner.descriptor_);
    return owner;
  }
  /// All of them.
  std::vector<CudnnDescriptor> descriptors(cudnnBackendAttributeName_t name, cudnnBackendDescriptorType_t type) const {
    std::vector<CudnnDescriptor> owners;
    std::vector<cudnnBackendDescriptor_t> places;
    for (std::size_t left = read(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, 0, nullptr); left > 0; --left)
      places.push_back(owners.emplace_back(type).get());
    const std::size_t found = read(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, places.size(), places.data());
    owners.erase(owners.begin() + static_cast<std::ptrdiff_t>((std::min)(found, owners.size())), owners.end());
    return owners;
  }

 private:
  /// Reads up to `most` values and returns how many there are.
  std::size_t read(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, std::size_t most,
                   void* values) const {
    std::int64_t count = 0;
    check(cudnnBackendGetAttribute(descriptor_, name, type, static_cast<std::int64_t>(most), &count, values),
          "reading a descriptor's attribute");
    return static_cast<std::size_t>(count);
  }

  cudnnBackendDescriptor_t descriptor_ = nullptr;
};

}  // namespace detail

}  // namespace odot::nvidia
