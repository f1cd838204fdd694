#pragma once
// SPDX-License-Identifier: MIT
// The valid lengths of sequences on the GPU.

#include <cstddef>
#include <cstdint>
#include <span>

#include "odot/kernels/gpu/launch.hpp"
#include "odot/kernels/lengths/lengths.hpp"

namespace odot::kernels {

template <>
struct Lengths<Gpu> {
  static void add(Workspace<Gpu>&, std::span<const std::int32_t> lengths, std::size_t tokens, std::size_t added,
                  std::span<std::int32_t> result) {
    const std::int32_t* from = lengths.data();
    std::int32_t* to = result.data();
    gpu::for_each_index(lengths.size(), [=] ODOT_HOST_DEVICE(std::size_t n) {
      to[n] = static_cast<std::int32_t>(valid_tokens(from, n, tokens) + added);
    });
  }
};

}  // namespace odot::kernels
