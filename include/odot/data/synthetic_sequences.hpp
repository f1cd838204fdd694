#pragma once
// SPDX-License-Identifier: MIT
// The built-in sequences: damped sinusoids to classify, and a seasonal series to forecast, so that everything can be
// tried without a file. Results on them show that training works and say nothing about real data.
//
// All randomness is counter-based: a sequence is a function of (seed, split, index). A row of the series also depends on
// the rows before it.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <string>
#include <vector>

#include "odot/core/checked.hpp"
#include "odot/core/error.hpp"
#include "odot/core/random.hpp"
#include "odot/core/shape.hpp"
#include "odot/data/dataset.hpp"
#include "odot/data/table.hpp"

namespace odot::data {

/// `train` and `test` sequences of `classes` classes: damped sinusoids under noise, whose frequency and damping are the
/// class's, at random phases and amplitudes, L/4 to L steps long. Sequence i has label i mod classes. The name is
/// "synthetic". Asking for more sequences leaves the first ones as they were.
/// Errors  ArgumentError: 0 classes
template <ShapeType S>
Split<Sequences<S>> synthetic_sequences(Seed seed, std::size_t train, std::size_t test, std::size_t classes = 9);

/// `rows` hours of `columns` variables: a daily and a weekly sinusoid, whose phases differ by column, and noise that
/// partly depends on the previous hour. Columns are named "0", "1", ….
inline Table synthetic_series(Seed seed, std::size_t rows, std::size_t columns);

namespace detail {

// "seq" and "hou", then the split in bit 39, then the index.
inline constexpr std::uint64_t synthetic_sequences_stream = 0x7365'71ull << 40;
inline constexpr std::uint64_t synthetic_series_stream = 0x686F'75ull << 40;

/// Draws one sequence [L, D] of which `length` tokens are valid.
template <ShapeType S>
void draw_sequence(const Random& random, std::size_t label, std::size_t length, float* sequence) {
  constexpr std::size_t features = S::extents[1];
  const double frequency = 0.3 + 0.2 * static_cast<double>(label),
               damping = 0.01 + 0.01 * static_cast<double>(label % 3);
  for (std::size_t d = 0; d < features; ++d) {
    const double phase = 2 * std::numbers::pi * random.uniform(1 + 2 * d);
    const double amplitude = 0.5 + random.uniform(2 + 2 * d);
    for (std::size_t t = 0; t < length; ++t) {
      const auto time = static_cast<double>(t);
      const double noise = 0.2 * random.normal(1 + 2 * features + t * features + d);
      sequence[t * features + d] =
          static_cast<float>(amplitude * std::exp(-damping * time) * std::sin(frequency * time + phase) + noise);
    }
  }
}

template <ShapeType S>
Sequences<S> synthetic_sequence_set(Seed seed, std::uint64_t split, std::size_t samples, std::size_t classes) {
  constexpr std::size_t longest = S::extents[0], shortest = std::max<std::size_t>(longest / 4, 1);
  Sequences<S> set{.name = "synthetic",
                   .values = std::vector<float>(checked_product("odot::data::synthetic_sequences", samples, S::size)),
                   .synthetic = true};
  for (std::size_t label = 0; label < classes; ++label) set.classes.push_back(std::to_string(label));
  for (std::size_t i = 0; i < samples; ++i) {
    const Random random(seed, synthetic_sequences_stream | split << 39 | i);
    const std::size_t length = shortest + static_cast<std::size_t>(random.below(longest - shortest + 1, 0));
    draw_sequence<S>(random, i % classes, length, set.values.data() + i * S::size);
    set.lengths.push_back(static_cast<std::int32_t>(length));
    set.targets.push_back(static_cast<std::int32_t>(i % classes));
  }
  return set;
}

}  // namespace detail

template <ShapeType S>
Split<Sequences<S>> synthetic_sequences(Seed seed, std::size_t train, std::size_t test, std::size_t classes) {
  static_assert(S::rank == 2, "odot::data::synthetic_sequences: the shape must be rank 2, [tokens, features]");
  if (classes == 0) throw ArgumentError("odot::data::synthetic_sequences: there must be a class");
  return {detail::synthetic_sequence_set<S>(seed, 0, train, classes),
          detail::synthetic_sequence_set<S>(seed, 1, test, classes)};
}

inline Table synthetic_series(Seed seed, std::size_t rows, std::size_t columns) {
  Table table{{}, std::vector<double>(checked_product("odot::data::synthetic_series", rows, columns))};
  for (std::size_t c = 0; c < columns; ++c) {
    table.columns.push_back(std::to_string(c));
    const Random random(seed, detail::synthetic_series_stream | c);
    const double day_phase = random.uniform(0), week_phase = random.uniform(1), level = 20 * random.uniform(2);
    double noise = 0;
    for (std::size_t row = 0; row < rows; ++row) {
      const auto hour = static_cast<double>(row);
      noise = 0.8 * noise + random.normal(3 + row);
      table.values[row * columns + c] = level + 5 * std::sin(2 * std::numbers::pi * (hour / 24 + day_phase)) +
                                        3 * std::sin(2 * std::numbers::pi * (hour / 168 + week_phase)) + noise;
    }
  }
  return table;
}

}  // namespace odot::data
