#pragma once
// SPDX-License-Identifier: MIT
// Gathering on the GPU.

#include "odot/kernels/gather/gather.hpp"
#include "odot/kernels/gpu/launch.hpp"

namespace odot::kernels {

template <>
struct Gather<Gpu> {
  template <class T, class S>
  static void rows(Workspace<Gpu>&, const T* table, std::size_t width, const std::size_t* chosen, std::size_t count,
                   S* out) {
    gpu::for_each_index(count * width, [=] ODOT_HOST_DEVICE(std::size_t i) {
      out[i] = static_cast<S>(table[chosen[i / width] * width + i % width]);
    });
  }

  template <class S>
  static void pixels(Workspace<Gpu>&, const std::uint8_t* table, std::size_t width, const std::size_t* chosen,
                     std::size_t count, S* out) {
    gpu::for_each_index(count * width, [=] ODOT_HOST_DEVICE(std::size_t i) {
      out[i] = static_cast<S>(table[chosen[i / width] * width + i % width]) / S{255};
    });
  }
};

}  // namespace odot::kernels
