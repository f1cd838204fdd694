#pragma once
// SPDX-License-Identifier: MIT
// Numbers of the host in a device's memory, so that one test serves kernels of every device.

#include <cstddef>
#include <deque>
#include <type_traits>
#include <utility>
#include <vector>

#include "odot/core/buffer.hpp"
#include "odot/core/tensor.hpp"

namespace odot::test {

inline std::vector<double> values_of(const auto& owner) { return {owner.data(), owner.data() + owner.size()}; }

/// Views, for a kernel of `Device`, of what the host owns: copies, or the elements themselves on the Cpu. back() copies
/// everything to the host.
template <class Device, class S>
class Mirrors {
 public:
  template <ShapeType Sh>
  TensorView<Sh, S, Device> operator()(Tensor<Sh, S>& owner) {
    return TensorView<Sh, S, Device>(mirror(owner.data(), Sh::size));
  }
  template <ShapeType Sh>
  BatchView<Sh, S, Device> operator()(Batch<Sh, S>& owner) {
    return {mirror(owner.data(), owner.size()), owner.samples()};
  }
  S* operator()(std::vector<S>& owner) { return mirror(owner.data(), owner.size()); }

  void back() {
    for (const auto& [host, copy] : copies_) Device::copy_to_host(host, copy.data(), copy.size() * sizeof(S));
  }

 private:
  S* mirror(S* host, std::size_t count) {
    if constexpr (std::is_same_v<Device, Cpu>) {
      return host;
    } else {
      auto& copy = copies_.emplace_back(host, Buffer<S, Device>(count)).second;
      copy.from_host(host);
      return copy.data();
    }
  }

  std::deque<std::pair<S*, Buffer<S, Device>>> copies_;
};

}  // namespace odot::test
