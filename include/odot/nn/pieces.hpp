#pragma once
// SPDX-License-Identifier: MIT
// Pieces: how much of a batch goes through a network at once.

#include <algorithm>
#include <cstddef>

#include "odot/core/device.hpp"

namespace odot::nn {

/// Few enough samples for a CPU's caches, enough to keep a GPU busy, and within bounds of memory.
template <DeviceType Device>
struct Pieces {
  /// Samples that `predict` passes at once.
  static constexpr std::size_t predicted = Device::host_accessible ? 256 : 4096;

  /// Bytes that a training batch may take.
  static constexpr std::size_t gibibyte = std::size_t{1} << 30;
  static constexpr std::size_t bytes = Device::host_accessible   ? gibibyte / 4
                                       : sizeof(std::size_t) > 4 ? 4 * gibibyte
                                                                 : gibibyte;

  /// Samples of a training batch that pass at once: as many as fit `bytes`, a multiple of 16, at least 16 and at most
  /// 4 · predicted.
  static constexpr std::size_t trained(std::size_t bytes_per_sample) {
    return std::clamp<std::size_t>(bytes / bytes_per_sample / 16 * 16, 16, 4 * predicted);
  }

  /// Samples of a set that are loaded at once to be evaluated.
  static constexpr std::size_t evaluated(std::size_t set) { return (std::min)(set, 4 * predicted); }
};

}  // namespace odot::nn
