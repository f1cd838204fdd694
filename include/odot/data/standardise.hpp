#pragma once
// SPDX-License-Identifier: MIT
// Standardising sequences by the training part.

#include <cstddef>
#include <span>
#include <vector>

#include "odot/data/sequences.hpp"
#include "odot/data/table.hpp"

namespace odot::data {

/// Mean and deviation of every feature over the valid tokens.
/// Errors  ArgumentError: an empty set; a length out of range
template <ShapeType S>
Standardisation standardisation(const Sequences<S>& set) {
  constexpr std::size_t features = S::extents[1];
  std::vector<float> valid;
  for (std::size_t i = 0; i < set.size(); ++i) {
    const auto tokens = set.sample(i).first(detail::checked_length(set, i) * features);
    valid.insert(valid.end(), tokens.begin(), tokens.end());
  }
  return standardisation(std::span<const float>(valid), features);
}

/// Standardises the valid tokens; padding stays 0.
template <ShapeType S>
void standardise(Sequences<S>& set, const Standardisation& scale) {
  constexpr std::size_t features = S::extents[1];
  for (std::size_t i = 0; i < set.size(); ++i)
    for (std::size_t j = 0; j < detail::checked_length(set, i) * features; ++j) {
      float& value = set.values[i * S::size + j];
      value = static_cast<float>(scale.standardised(static_cast<double>(value), j % features));
    }
}

/// Standardises both parts by mean and deviation of the first.
template <ShapeType S>
void standardise(SequenceSplit<S>& split) {
  const Standardisation scale = standardisation(split.train);
  standardise(split.train, scale);
  standardise(split.test, scale);
}

}  // namespace odot::data
