#pragma once
// SPDX-License-Identifier: MIT
// Numbers that are a formula of their position: the same here and in tests/reference/generate.py, so that large inputs
// need no file.

#include <cstddef>
#include <cstdint>
#include <vector>

namespace odot::test {

/// A number in [-1, 1), without visible order.
inline double hash_uniform(std::size_t position) {
  std::uint32_t h = static_cast<std::uint32_t>(position) * 0x9E3779B1u;
  h ^= h >> 15;
  h *= 0x85EBCA77u;
  h ^= h >> 13;
  return static_cast<double>(h) / 0x1p31 - 1.0;
}

/// `count` of them, from position `start`.
template <class Scalar = double>
std::vector<Scalar> hash_uniform(std::size_t count, std::size_t start) {
  std::vector<Scalar> values(count);
  for (std::size_t i = 0; i < count; ++i) values[i] = static_cast<Scalar>(hash_uniform(start + i));
  return values;
}

}  // namespace odot::test
