#pragma once
// SPDX-License-Identifier: MIT
// Contract of the valid lengths of sequences.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "odot/core/view.hpp"
#include "odot/core/workspace.hpp"
#include "odot/kernels/kernel.hpp"

namespace odot::kernels {

/// Valid tokens of sample n of sequences of `tokens`: its length, brought into [0, tokens]; all where there are no lengths.
constexpr std::size_t valid_tokens(const std::int32_t* lengths, std::size_t n, std::size_t tokens) {
  if (!lengths) return tokens;
  return (std::min)(static_cast<std::size_t>((std::max)(lengths[n], std::int32_t{0})), tokens);
}

/// Lengths of sequences of `tokens` that got `added` tokens put before their first: result[n] = valid tokens of n + added.
/// Spans of equal length.
///
///   add(workspace, lengths, tokens, added, result)
template <class Device>
struct Lengths : detail::NoKernel<Device> {};

}  // namespace odot::kernels
