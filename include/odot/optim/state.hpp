#pragma once
// SPDX-License-Identifier: MIT
// State: an optimizer's blocks, of the scalar and on the device of the network it meets.

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "odot/core/buffer.hpp"
#include "odot/core/device.hpp"
#include "odot/core/error.hpp"

namespace odot::optim {

/// Some blocks of numbers laid out as a network's parameters. An optimizer's type does not name scalar and device, so
/// that one declaration serves a network of any; the first step fixes them. Move-only.
class State {
 public:
  State() = default;
  State(State&& other) noexcept = default;
  State& operator=(State&& other) noexcept = default;

  /// `count` blocks of `size` zeros.
  template <class Scalar, class Device>
  ODOT_COLD void allocate(std::size_t count, std::size_t size) {
    auto blocks = std::make_shared<std::vector<Buffer<Scalar, Device>>>();
    for (std::size_t b = 0; b < count; ++b) blocks->emplace_back(size);
    blocks_ = std::move(blocks);
    kind_ = kind<Scalar, Device>();
    size_ = size;
  }

  bool empty() const { return blocks_ == nullptr; }
  std::size_t size() const { return size_; }  // elements a block

  /// Block number `b`. Throws ArgumentError if the state is of another scalar or device, or not allocated yet.
  template <class Scalar, class Device>
  std::span<Scalar> block(std::size_t b) {
    return checked<Scalar, Device>().at(b).span();
  }
  template <class Scalar, class Device>
  std::span<const Scalar> block(std::size_t b) const {
    return std::as_const(checked<Scalar, Device>().at(b)).span();
  }

 private:
  /// Scalar and device as a number: a value, not an address, which would differ between shared libraries.
  template <class Scalar, class Device>
  static constexpr std::uint64_t kind() {
    return device_fingerprint<Device>() ^ (sizeof(Scalar) << 8 | std::numeric_limits<Scalar>::digits);
  }

  template <class Scalar, class Device>
  std::vector<Buffer<Scalar, Device>>& checked() const {
    if (empty() || kind_ != kind<Scalar, Device>()) refuse();
    return *static_cast<std::vector<Buffer<Scalar, Device>>*>(blocks_.get());
  }

  [[noreturn]] ODOT_COLD void refuse() const {
    if (empty()) throw ArgumentError("odot::optim: the optimizer has no state before its first step");
    throw ArgumentError(
        "odot::optim: the optimizer's state is of another scalar type or device than the network; use one optimizer "
        "per network");
  }

  std::shared_ptr<void> blocks_;
  std::uint64_t kind_ = 0;
  std::size_t size_ = 0;
};

}  // namespace odot::optim
