#pragma once
// SPDX-License-Identifier: MIT
// Mean and deviation of the channels of a set of images, for nn::Normalize.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "odot/core/error.hpp"
#include "odot/data/dataset.hpp"

namespace odot::data {

/// One number per channel, of bytes / 255.
struct ChannelStatistics {
  std::vector<double> mean, deviation;
};

/// Errors  ArgumentError: an empty set; a channel whose pixels are all the same, which can't be normalised; those of
///         Dataset::subset
template <ShapeType S, class Target>
ChannelStatistics channel_statistics(const Dataset<S, std::uint8_t, Target>& set) {
  static_assert(S::rank == 3, "odot::data::channel_statistics: samples must be rank 3, [channels, height, width]");
  constexpr std::size_t channels = S::extents[0], each = S::size / channels;
  if (detail::whole(set).size() == 0)
    throw ArgumentError("odot::data::channel_statistics: the set \"" + set.name + "\" is empty");
  // Counts how often each value occurs. Counts are integers, so that only the last few operations round, whatever the
  // number of pixels.
  std::vector<std::array<std::uint64_t, 256>> counts(channels);
  for (std::size_t i = 0; i < set.size() * S::size; ++i) ++counts[i / each % channels][set.values[i]];
  ChannelStatistics statistics;
  const double count = static_cast<double>(set.size() * each);
  for (std::size_t c = 0; c < channels; ++c) {
    double mean = 0, variance = 0;
    for (std::size_t value = 0; value < 256; ++value)
      mean += static_cast<double>(counts[c][value]) / count * static_cast<double>(value);
    for (std::size_t value = 0; value < 256; ++value) {
      const double distance = static_cast<double>(value) - mean;
      variance += static_cast<double>(counts[c][value]) / count * distance * distance;
    }
    if (std::ranges::count_if(counts[c], [](std::uint64_t n) { return n > 0; }) == 1)
      throw ArgumentError("odot::data::channel_statistics: channel " + std::to_string(c) + " of \"" + set.name +
                          "\" has one value only; omit nn::Normalize, or set its deviation to 1");
    statistics.mean.push_back(mean / 255);
    statistics.deviation.push_back(std::sqrt(variance) / 255);
  }
  return statistics;
}

}  // namespace odot::data
