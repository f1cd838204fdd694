#pragma once
// SPDX-License-Identifier: MIT
// The valid lengths of sequences on the CPU.

#include <algorithm>

#include "odot/kernels/lengths/lengths.hpp"

namespace odot::kernels {

template <>
struct Lengths<Cpu> {
  static void add(Workspace<Cpu>&, std::span<const std::int32_t> lengths, std::int32_t tokens,
                  std::span<std::int32_t> result) {
    std::transform(lengths.begin(), lengths.end(), result.begin(),
                   [=](std::int32_t length) { return length + tokens; });
  }
};

}  // namespace odot::kernels
