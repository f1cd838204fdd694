#pragma once
// SPDX-License-Identifier: MIT
// Sets whose values say where they belong.

#include <cstddef>
#include <cstdint>
#include <numeric>

#include "odot/data/dataset.hpp"

namespace odot::test {

/// Sample i has the bytes 6 i … 6 i + 5, modulo 256, and label i.
inline data::Dataset<Shape<1, 2, 3>> numbered_images(std::size_t count) {
  data::Dataset<Shape<1, 2, 3>> set{.name = "numbered"};
  set.values.resize(6 * count);
  set.targets.resize(count);
  std::iota(set.values.begin(), set.values.end(), std::uint8_t{0});
  std::iota(set.targets.begin(), set.targets.end(), 0);
  return set;
}

/// Sequence i has the values 100 i, 100 i + 1, … in its 1 + i mod 4 valid tokens, and label i mod 3.
inline data::Sequences<Shape<4, 2>> numbered_sequences(std::size_t count) {
  data::Sequences<Shape<4, 2>> set{.name = "numbered", .classes = {"a", "b", "c"}};
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t length = 1 + i % 4;
    for (std::size_t j = 0; j < 8; ++j) set.values.push_back(j < 2 * length ? static_cast<float>(100 * i + j) : 0.0f);
    set.lengths.push_back(static_cast<std::int32_t>(length));
    set.targets.push_back(static_cast<std::int32_t>(i % 3));
  }
  return set;
}

/// Window i has the values 100 i … 100 i + 5 and the targets −100 i … −100 i − 3.
inline data::Windows<Shape<3, 2>, Shape<2, 2>> numbered_windows(std::size_t count) {
  data::Windows<Shape<3, 2>, Shape<2, 2>> set{.name = "numbered"};
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t j = 0; j < 6; ++j) set.values.push_back(static_cast<float>(100 * i + j));
    for (std::size_t j = 0; j < 4; ++j) set.targets.push_back(-static_cast<float>(100 * i + j));
  }
  return set;
}

/// Text i has the tokens 70,000 i … 70,000 i + 4, its 1 + i mod 5 first ones valid, and label i mod 2.
inline data::Dataset<Shape<5>, std::int32_t> numbered_tokens(std::size_t count) {
  data::Dataset<Shape<5>, std::int32_t> set{.name = "numbered"};
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t j = 0; j < 5; ++j) set.values.push_back(static_cast<std::int32_t>(70'000 * i + j));
    set.lengths.push_back(static_cast<std::int32_t>(1 + i % 5));
    set.targets.push_back(static_cast<std::int32_t>(i % 2));
  }
  return set;
}

}  // namespace odot::test
