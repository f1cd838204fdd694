#pragma once
// SPDX-License-Identifier: MIT
// The valid lengths of sequences on the CPU.

#include <cstddef>
#include <cstdint>
#include <span>

#include "odot/kernels/lengths/lengths.hpp"

namespace odot::kernels {

template <>
struct Lengths<Cpu> {
  static void add(Workspace<Cpu>&, std::span<const std::int32_t> lengths, std::size_t tokens, std::size_t added,
                  std::span<std::int32_t> result) {
    for (std::size_t n = 0; n < lengths.size(); ++n)
      result[n] = static_cast<std::int32_t>(valid_tokens(lengths.data(), n, tokens) + added);
  }
};

}  // namespace odot::kernels
