#pragma once
// SPDX-License-Identifier: MIT
// State: an optimizer's blocks, of the scalar and on the device of the network it meets.

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "odot/core/buffer.hpp"
#include "odot/core/error.hpp"

namespace odot::optim {

/// Some blocks of numbers laid out as a network's parameters. An optimizer's type does not name scalar and device, so
/// that one declaration serves a network of any; the first step fixes them.
class State {
 public:
  /// `count` blocks of `size` zeros.
  template <class Scalar, class Device>
  void allocate(std::size_t count, std::size_t size) {
    auto blocks = std::make_shared<std::vector<Buffer<Scalar, Device>>>();
    for (std::size_t b = 0; b < count; ++b) blocks->emplace_back(size);
    blocks_ = std::move(blocks);
    kind_ = &kind<Scalar, Device>;
    size_ = size;
  }

  bool empty() const { return blocks_ == nullptr; }
  std::size_t size() const { return size_; }  // elements a block

  /// Block number `b`. Throws ArgumentError where the state is of another scalar or device, or not allocated yet.
  template <class Scalar, class Device>
  std::span<Scalar> block(std::size_t b) const {
    if (kind_ != &kind<Scalar, Device>)
      throw ArgumentError(empty() ? "odot::optim: the optimizer has no state before its first step"
                                  : "odot::optim: the optimizer's state is of another scalar type or device than the "
                                    "network; use one optimizer per network");
    return static_cast<std::vector<Buffer<Scalar, Device>>*>(blocks_.get())->at(b).span();
  }

 private:
  template <class Scalar, class Device>
  static inline char kind = 0;  // its address is the kind

  std::shared_ptr<void> blocks_;
  const char* kind_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace odot::optim
