#pragma once
// SPDX-License-Identifier: MIT
// Standardises the features of a set by mean and deviation, usually those of the training part.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "odot/core/error.hpp"
#include "odot/data/dataset.hpp"
#include "odot/data/table.hpp"

namespace odot::data {

namespace detail {

/// Features of a sample: [features], or [tokens, features].
template <ShapeType S>
constexpr std::size_t features() {
  static_assert(S::rank == 1 || S::rank == 2,
                "odot::data::standardise: samples must be rank 1, [features], or rank 2, [tokens, features]");
  if constexpr (S::rank == 1 || S::rank == 2) return S::extents[S::rank - 1];
  else return 1;
}

/// Number of values of sample i that are not padding. Throws ArgumentError unless its length is 1 … S[0].
template <ShapeType S, class Target>
std::size_t valid_values(const Dataset<S, float, Target>& set, std::size_t i) {
  if (set.lengths.empty()) return S::size;
  const std::int32_t length = set.lengths[i];
  if (length < 1 || static_cast<std::size_t>(length) > S::extents[0])
    throw ArgumentError("odot::data::standardise: length of sample " + std::to_string(i) + " of \"" + set.name +
                        "\": expected 1 to " + std::to_string(S::extents[0]) + ", found " + std::to_string(length));
  return static_cast<std::size_t>(length) * (S::size / S::extents[0]);
}

}  // namespace detail

/// Mean and deviation of every feature, over the samples and their valid tokens.
/// Errors  compile time: samples whose rank is not 1 or 2;  ArgumentError: an empty set; a length out of range; those
///         of Dataset::subset
template <ShapeType S, class Target>
Standardisation standardisation(const Dataset<S, float, Target>& set) {
  constexpr std::size_t features = detail::features<S>();
  detail::whole(set);
  std::vector<float> valid;
  for (std::size_t i = 0; i < set.size(); ++i) {
    const auto values = set.sample(i).first(detail::valid_values(set, i));
    valid.insert(valid.end(), values.begin(), values.end());
  }
  return standardisation(std::span<const float>(valid), features);
}

/// Standardises the features by a given scale; padding stays 0.
/// Errors  those of standardisation, and ArgumentError: a scale for another number of features
template <ShapeType S, class Target>
void standardise(Dataset<S, float, Target>& set, const Standardisation& scale) {
  constexpr std::size_t features = detail::features<S>();
  detail::whole(set);
  if (scale.mean.size() != features || scale.deviation.size() != features)
    throw ArgumentError("odot::data::standardise: \"" + set.name + "\" has " + std::to_string(features) +
                        " features, the scale " + std::to_string(scale.mean.size()));
  for (std::size_t i = 0; i < set.size(); ++i)
    for (std::size_t j = 0, valid = detail::valid_values(set, i); j < valid; ++j) {
      float& value = set.values[i * S::size + j];
      value = static_cast<float>(scale.standardised(static_cast<double>(value), j % features));
    }
}

/// Standardises both parts by the first part's mean and deviation, and returns these, for new samples later.
template <ShapeType S, class Target>
Standardisation standardise(Split<Dataset<S, float, Target>>& split) {
  Standardisation scale = standardisation(split.train);
  standardise(split.train, scale);
  standardise(split.test, scale);
  return scale;
}

}  // namespace odot::data
