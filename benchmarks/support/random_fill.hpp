#pragma once
// SPDX-License-Identifier: MIT
// Random contents for benchmarks: the same in every run.

#include <cstdint>
#include <span>
#include <vector>

#include "odot/core/random.hpp"

namespace odot::benchmarks {

/// Uniform numbers in (low, high).
template <class S>
void fill_uniform(std::span<S> values, std::uint64_t stream, double low, double high) {
  const Random random(Seed{1}, stream);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<S>(low + (high - low) * random.uniform(i));
}

/// `count` labels from 0 to classes − 1.
inline std::vector<std::int32_t> labels(std::size_t count, std::uint64_t classes) {
  const Random random(Seed{1}, 99);
  std::vector<std::int32_t> all(count);
  for (std::size_t i = 0; i < count; ++i) all[i] = static_cast<std::int32_t>(random.below(classes, i));
  return all;
}

}  // namespace odot::benchmarks
