#pragma once
// SPDX-License-Identifier: MIT
// hold_out: divides a set into folds, one of which is kept for evaluation; validation_split: by a share.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <type_traits>
#include <vector>

#include "odot/core/error.hpp"
#include "odot/core/number_text.hpp"
#include "odot/core/random.hpp"
#include "odot/data/batch_order.hpp"
#include "odot/data/dataset.hpp"

namespace odot::data {

namespace detail {

/// The numbers of samples, in ascending order.
struct Division {
  std::vector<std::size_t> kept, held;
};

/// Whether each sample of a set has one label.
template <class Set>
inline constexpr bool has_classes =
    std::is_same_v<typename Set::target_number, std::int32_t> && Set::target_shape::size == 1;

/// Divides every class by itself: is_held(i, size) for member i of a class of `size`, in an order drawn from the seed.
template <class Set, class IsHeld>
Division divided(const Set& set, Seed seed, const IsHeld& is_held) {
  std::map<std::int32_t, std::vector<std::size_t>> classes;
  for (std::size_t i = 0; i < set.size(); ++i)
    if constexpr (has_classes<Set>) classes[set.targets[i]].push_back(i);
    else classes[0].push_back(i);
  Division parts;
  for (auto& [label, members] : classes) {
    permute(members, Random(seed, hold_out_stream + static_cast<std::uint64_t>(label)));
    for (std::size_t i = 0; i < members.size(); ++i)
      (is_held(i, members.size()) ? parts.held : parts.kept).push_back(members[i]);
  }
  std::sort(parts.kept.begin(), parts.kept.end());
  std::sort(parts.held.begin(), parts.held.end());
  return parts;
}

}  // namespace detail

/// Divides a set into fold number `fold` of `folds` (test), and the rest (train). Every class is divided by itself, in
/// an order drawn from the seed, so that the folds of a class differ by at most one sample. If the targets are numbers
/// or labels of tokens, all samples count as one class. Over all folds, every sample is held out once. For a third
/// part, call hold_out again on train.
/// Errors  ArgumentError: fewer than 2 folds; a fold that does not exist; those of Dataset::subset
template <ShapeType S, class Value, class Target>
Split<Dataset<S, Value, Target>> hold_out(const Dataset<S, Value, Target>& set, std::size_t folds, std::size_t fold,
                                          Seed seed) {
  if (folds < 2 || fold >= folds)
    throw ArgumentError("odot::data::hold_out: expected 2 folds or more and a fold less than that, found " +
                        std::to_string(folds) + " folds and fold " + std::to_string(fold));
  const auto parts = detail::divided(set, seed, [&](std::size_t i, std::size_t) { return i % folds == fold; });
  return {set.subset(parts.kept), set.subset(parts.held)};
}

/// Holds out a share of a set for validation (test); the rest is for training (train). Every class is divided by
/// itself, in an order drawn from the seed; if the targets are numbers or labels of tokens, all samples count as one
/// class. Of a class of n samples, share · n are held out, rounded.
///     const auto [part, validation] = data::validation_split(train, 0.1, Seed{1});
/// Errors  ArgumentError: a share that is not between 0 and 1, or that leaves one of the parts empty; those of
///         Dataset::subset
template <ShapeType S, class Value, class Target>
Split<Dataset<S, Value, Target>> validation_split(const Dataset<S, Value, Target>& set, double share, Seed seed) {
  if (!(share > 0 && share < 1))
    throw ArgumentError("odot::data::validation_split: expected a share between 0 and 1, found " +
                        number_text::shortest(share));
  const auto parts = detail::divided(set, seed, [&](std::size_t i, std::size_t size) {
    return static_cast<double>(i) < std::floor(share * static_cast<double>(size) + 0.5);
  });
  if (parts.kept.empty() || parts.held.empty())
    throw ArgumentError("odot::data::validation_split: a share of " + number_text::shortest(share) + " of \"" +
                        set.name + "\", which has " + std::to_string(set.size()) +
                        " samples, leaves one of the parts empty");
  return {set.subset(parts.kept), set.subset(parts.held)};
}

}  // namespace odot::data
