#pragma once
// SPDX-License-Identifier: MIT
// The valid lengths of sequences.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "odot/core/workspace.hpp"
#include "odot/kernels/parallel/contract.hpp"

namespace odot::kernels {

/// Valid tokens of sample n of sequences of `tokens`: its length, brought into [0, tokens]; all where there are no lengths.
constexpr std::size_t valid_tokens(const std::int32_t* lengths, std::size_t n, std::size_t tokens) {
  if (!lengths) return tokens;
  return (std::min)(static_cast<std::size_t>((std::max)(lengths[n], std::int32_t{0})), tokens);
}

namespace detail {

struct AddToLengths {
  const std::int32_t* lengths;
  std::size_t tokens, added;
  std::int32_t* result;

  template <class Run>
  ODOT_HOST_DEVICE void operator()(const Run& run) const {
    run.store(result, run.generate([&](std::size_t l) {
      return static_cast<std::int32_t>(valid_tokens(lengths, run.offset + l, tokens) + added);
    }));
  }
};

}  // namespace detail

/// Lengths of sequences of `tokens` that got `added` tokens put before their first: result[n] = valid tokens of n + added.
/// Spans of equal length; `result` may be the memory of `lengths`.
template <class Device>
struct Lengths {
  static void add(Workspace<Device>& workspace, std::span<const std::int32_t> lengths, std::size_t tokens,
                  std::size_t added, std::span<std::int32_t> result) {
    Parallel<Device>::template map<std::int32_t>(workspace, 1, lengths.size(),
                                                 detail::AddToLengths{lengths.data(), tokens, added, result.data()});
  }
};

}  // namespace odot::kernels
