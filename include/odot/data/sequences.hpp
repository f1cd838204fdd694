#pragma once
// SPDX-License-Identifier: MIT
// Sequences: labelled sequences of unequal lengths, padded to one static shape.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "odot/core/error.hpp"
#include "odot/core/random.hpp"
#include "odot/core/shape.hpp"
#include "odot/data/batch_order.hpp"

namespace odot::data {

/// N sequences of up to L tokens of D features with a label each.
/// Shapes  values [N, L, D], 0 in padding;  lengths [N], the valid tokens, 1 … L;  labels [N], 0 … classes − 1
template <ShapeType S>
struct Sequences {
  static_assert(S::rank == 2, "odot::data::Sequences: the shape must be rank 2, [tokens, features]");
  using shape = S;

  std::string name;
  std::vector<std::string> classes;  ///< their names, by label
  std::vector<float> values;
  std::vector<std::int32_t> lengths;
  std::vector<std::int32_t> labels;
  bool synthetic = false;  ///< drawn, not measured: figures on it compare with nothing published

  /// Number of sequences.
  std::size_t size() const { return labels.size(); }

  /// The values of one sequence with its padding, i < size().
  std::span<const float, S::size> sample(std::size_t i) const {
    return std::span<const float, S::size>(values.data() + i * S::size, S::size);
  }

  /// A copy of the sequences of these numbers, in their order. Throws ArgumentError for a number that is none.
  Sequences chosen(std::span<const std::size_t> numbers) const {
    Sequences set{name, classes, {}, {}, {}, synthetic};
    for (const std::size_t i : numbers) {
      if (i >= size())
        throw ArgumentError("odot::data::Sequences \"" + name + "\": there is no sequence " + std::to_string(i) +
                            "; there are " + std::to_string(size()));
      set.values.insert(set.values.end(), sample(i).begin(), sample(i).end());
      set.lengths.push_back(lengths[i]);
      set.labels.push_back(labels[i]);
    }
    return set;
  }
};

namespace detail {

/// Valid tokens of sequence i. Throws ArgumentError unless they are 1 … L.
template <ShapeType S>
std::size_t checked_length(const Sequences<S>& set, std::size_t i) {
  const std::int32_t length = set.lengths[i];
  if (length < 1 || static_cast<std::size_t>(length) > S::extents[0])
    throw ArgumentError("odot::data::Sequences \"" + set.name + "\": length of sequence " + std::to_string(i) +
                        ": expected 1 to " + std::to_string(S::extents[0]) + ", found " + std::to_string(length));
  return static_cast<std::size_t>(length);
}

}  // namespace detail

/// What a network learns from, and what it is judged by: `auto [train, test] = load_japanese_vowels(folder);`
template <ShapeType S>
struct SequenceSplit {
  Sequences<S> train, test;
};

/// Cuts a set into what remains (train) and fold number `fold` of `folds` (test). Every class is cut by itself, in an
/// order drawn from the seed, so that the folds of a class differ by one sequence at most. Over all folds, every sequence
/// is held out once.
/// Errors  ArgumentError: fewer than 2 folds; a fold that is none
template <ShapeType S>
SequenceSplit<S> hold_out(const Sequences<S>& set, std::size_t folds, std::size_t fold, Seed seed) {
  if (folds < 2 || fold >= folds)
    throw ArgumentError("odot::data::hold_out: expected 2 folds or more and a fold less than that, found " +
                        std::to_string(folds) + " folds and fold " + std::to_string(fold));
  std::vector<std::size_t> kept, held;
  for (std::size_t label = 0; label < set.classes.size(); ++label) {
    std::vector<std::size_t> members;
    for (std::size_t i = 0; i < set.size(); ++i)
      if (static_cast<std::size_t>(set.labels[i]) == label) members.push_back(i);
    detail::permute(members, Random(seed, detail::hold_out_stream + label));
    for (std::size_t i = 0; i < members.size(); ++i) (i % folds == fold ? held : kept).push_back(members[i]);
  }
  std::sort(kept.begin(), kept.end());
  std::sort(held.begin(), held.end());
  return {set.chosen(kept), set.chosen(held)};
}

}  // namespace odot::data
