#pragma once
// SPDX-License-Identifier: MIT
// hold_out: divides a set into folds, one of which is kept for evaluation.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <type_traits>
#include <vector>

#include "odot/core/error.hpp"
#include "odot/core/random.hpp"
#include "odot/data/batch_order.hpp"
#include "odot/data/dataset.hpp"

namespace odot::data {

/// Divides a set into fold number `fold` of `folds` (test), and the rest (train). Every class is divided by itself, in
/// an order drawn from the seed, so that the folds of a class differ by at most one sample. If the targets are numbers,
/// all samples count as one class. Over all folds, every sample is held out once. For a third part, call hold_out again
/// on train.
/// Errors  ArgumentError: fewer than 2 folds; a fold that does not exist; those of Dataset::subset
template <ShapeType S, class Value, class Target>
Split<Dataset<S, Value, Target>> hold_out(const Dataset<S, Value, Target>& set, std::size_t folds, std::size_t fold,
                                          Seed seed) {
  if (folds < 2 || fold >= folds)
    throw ArgumentError("odot::data::hold_out: expected 2 folds or more and a fold less than that, found " +
                        std::to_string(folds) + " folds and fold " + std::to_string(fold));
  std::map<std::int32_t, std::vector<std::size_t>> classes;
  for (std::size_t i = 0; i < set.size(); ++i)
    if constexpr (std::is_same_v<Target, std::int32_t>) classes[set.targets[i]].push_back(i);
    else classes[0].push_back(i);
  std::vector<std::size_t> kept, held;
  for (auto& [label, members] : classes) {
    detail::permute(members, Random(seed, detail::hold_out_stream + static_cast<std::uint64_t>(label)));
    for (std::size_t i = 0; i < members.size(); ++i) (i % folds == fold ? held : kept).push_back(members[i]);
  }
  std::sort(kept.begin(), kept.end());
  std::sort(held.begin(), held.end());
  return {set.subset(kept), set.subset(held)};
}

}  // namespace odot::data
