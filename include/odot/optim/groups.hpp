#pragma once
// SPDX-License-Identifier: MIT
// Parameter groups: separate options for parameters whose names match a pattern.

#include <cstddef>
#include <string>
#include <vector>

#include "odot/core/error.hpp"
#include "odot/core/glob.hpp"
#include "odot/nn/parameters.hpp"

namespace odot::optim {

/// Options for the parameters whose dotted names match `pattern` ("*" stands for any run of characters).
template <class Options>
struct Group {
  std::string pattern;
  Options options;
};

/// Groups whose hyperparameters are whole: those that a group does not name are the optimizer's.
/// Own: a struct of optionals with   Hyperparameters over(Hyperparameters) const;   which replaces what has a value.
template <class Hyperparameters, class Own>
ODOT_COLD std::vector<Group<Hyperparameters>> completed(const Hyperparameters& optimizer,
                                                        const std::vector<Group<Own>>& groups) {
  std::vector<Group<Hyperparameters>> whole;
  for (const Group<Own>& group : groups) whole.push_back({group.pattern, group.options.over(optimizer)});
  return whole;
}

/// A stretch of the parameter block under one set of hyperparameters. Elements.
template <class Hyperparameters>
struct Range {
  std::size_t offset, size;
  Hyperparameters hyperparameters;
};

namespace detail {

/// A stretch of the parameter block that belongs to one group: the group's number, or the number of groups if to none.
struct Stretch {
  std::size_t offset, size, group;
};

ODOT_COLD inline std::vector<Stretch> stretches_of(const std::vector<nn::ParameterInfo>& table,
                                                   const std::vector<std::string>& patterns) {
  std::vector<Stretch> stretches;
  std::vector<char> used(patterns.size(), 0);
  for (const auto& info : table) {
    std::size_t g = 0;
    while (g < patterns.size() && !matches_glob(patterns[g], info.name)) ++g;
    if (g < patterns.size()) used[g] = 1;
    if (!stretches.empty() && stretches.back().group == g) stretches.back().size += info.size;
    else stretches.push_back({info.offset, info.size, g});
  }
  for (std::size_t g = 0; g < patterns.size(); ++g)
    if (!used[g])
      throw ArgumentError("odot::optim: the group \"" + patterns[g] +
                          "\" matches no parameter; see Network::parameter_table() for the names");
  return stretches;
}

}  // namespace detail

/// Cuts a parameter block into ranges; the first group that matches a parameter counts, `rest` serves the others.
/// Throws ArgumentError for a group that matches no parameter, or only those of earlier groups.
template <class Hyperparameters>
ODOT_COLD std::vector<Range<Hyperparameters>> ranges_of(const std::vector<nn::ParameterInfo>& table,
                                                        const Hyperparameters& rest,
                                                        const std::vector<Group<Hyperparameters>>& groups) {
  std::vector<std::string> patterns;
  for (const auto& group : groups) patterns.push_back(group.pattern);
  std::vector<Range<Hyperparameters>> ranges;
  for (const detail::Stretch& s : detail::stretches_of(table, patterns))
    ranges.push_back({s.offset, s.size, s.group < groups.size() ? groups[s.group].options : rest});
  return ranges;
}

}  // namespace odot::optim
