#pragma once
// SPDX-License-Identifier: MIT
// Sequences and windows whose values say where they belong.

#include <cstddef>
#include <cstdint>

#include "odot/data/sequences.hpp"
#include "odot/data/windows.hpp"

namespace odot::test {

/// Sequence i has the values 100 i, 100 i + 1, … in its 1 + i mod 4 valid tokens, and label i mod 3.
inline data::Sequences<Shape<4, 2>> numbered_sequences(std::size_t count) {
  data::Sequences<Shape<4, 2>> set{"numbered", {"a", "b", "c"}, {}, {}, {}};
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t length = 1 + i % 4;
    for (std::size_t j = 0; j < 8; ++j) set.values.push_back(j < 2 * length ? static_cast<float>(100 * i + j) : 0.0f);
    set.lengths.push_back(static_cast<std::int32_t>(length));
    set.labels.push_back(static_cast<std::int32_t>(i % 3));
  }
  return set;
}

/// Window i has the values 100 i … 100 i + 5 and the targets −100 i … −100 i − 3.
inline data::Windows<Shape<3, 2>, Shape<2, 2>> numbered_windows(std::size_t count) {
  data::Windows<Shape<3, 2>, Shape<2, 2>> set{"numbered", {}, {}};
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t j = 0; j < 6; ++j) set.values.push_back(static_cast<float>(100 * i + j));
    for (std::size_t j = 0; j < 4; ++j) set.targets.push_back(-static_cast<float>(100 * i + j));
  }
  return set;
}

}  // namespace odot::test
