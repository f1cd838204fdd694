#pragma once
// SPDX-License-Identifier: MIT
// Mean and deviation of a dataset's channels, for nn::Normalize.

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "odot/core/error.hpp"
#include "odot/data/dataset.hpp"

namespace odot::data {

/// Per channel, of pixels / 255.
struct ChannelStatistics {
  std::vector<double> mean, deviation;
};

/// Errors  ArgumentError: an empty set; a channel whose pixels are all the same, which can't be normalised
template <ShapeType S>
ChannelStatistics channel_statistics(const Dataset<S>& set) {
  static_assert(S::rank == 3, "odot::data::channel_statistics: samples must be rank 3, [channels, height, width]");
  constexpr std::size_t channels = S::extents[0], each = S::size / channels;
  if (set.size() == 0) throw ArgumentError("odot::data::channel_statistics: the set \"" + set.name + "\" is empty");
  std::array<std::uint64_t, channels> sum{}, squares{};  // of integers, so exact
  for (std::size_t i = 0; i < set.size() * S::size; ++i) {
    const std::uint64_t pixel = set.pixels[i];
    sum[i / each % channels] += pixel;
    squares[i / each % channels] += pixel * pixel;
  }
  ChannelStatistics statistics;
  const double count = static_cast<double>(set.size() * each);
  for (std::size_t c = 0; c < channels; ++c) {
    const double mean = static_cast<double>(sum[c]) / count;
    const double variance = static_cast<double>(squares[c]) / count - mean * mean;
    if (!(variance > 0))
      throw ArgumentError("odot::data::channel_statistics: channel " + std::to_string(c) + " of \"" + set.name +
                          "\" has one value only; leave nn::Normalize away, or set its deviation to 1");
    statistics.mean.push_back(mean / 255);
    statistics.deviation.push_back(std::sqrt(variance) / 255);
  }
  return statistics;
}

}  // namespace odot::data
