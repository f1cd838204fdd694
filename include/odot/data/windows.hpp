#pragma once
// SPDX-License-Identifier: MIT
// Windows: sequences with numbers as targets, such as the next steps of a series.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "odot/core/shape.hpp"

namespace odot::data {

/// N sequences of shape S, all of its tokens valid, with as many numbers as target as shape T has elements.
/// Shapes  values [N, S...];  targets [N, T...]
template <ShapeType S, ShapeType T>
struct Windows {
  static_assert(S::rank == 2, "odot::data::Windows: the shape must be rank 2, [tokens, features]");
  using shape = S;
  using target_shape = T;

  std::string name;
  std::vector<float> values;
  std::vector<float> targets;
  bool synthetic = false;  ///< drawn, not measured: figures on it compare with nothing published

  /// Number of sequences.
  std::size_t size() const { return targets.size() / T::size; }

  /// The values of one sequence, i < size().
  std::span<const float, S::size> sample(std::size_t i) const {
    return std::span<const float, S::size>(values.data() + i * S::size, S::size);
  }
  /// Its targets.
  std::span<const float, T::size> target(std::size_t i) const {
    return std::span<const float, T::size>(targets.data() + i * T::size, T::size);
  }
};

}  // namespace odot::data
