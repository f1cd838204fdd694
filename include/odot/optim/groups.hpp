#pragma once
// SPDX-License-Identifier: MIT
// Parameter groups: options of their own for parameters whose names match a pattern.

#include <cstddef>
#include <string>
#include <vector>

#include "odot/core/error.hpp"
#include "odot/nn/parameters.hpp"
#include "odot/optim/glob.hpp"

namespace odot::optim {

/// Options for the parameters whose dotted names match `pattern` ("*" stands for any run of characters).
template <class Options>
struct Group {
  std::string pattern;
  Options options;
};

/// Groups whose options are whole: those that a group does not name are the optimizer's.
/// Own: a struct of optionals with   Options over(Options) const;   which replaces what has a value.
template <class Options, class Own>
std::vector<Group<Options>> completed(const Options& optimizer, const std::vector<Group<Own>>& groups) {
  std::vector<Group<Options>> whole;
  for (const Group<Own>& group : groups) whole.push_back({group.pattern, group.options.over(optimizer)});
  return whole;
}

/// A stretch of the parameter block under one set of options. Elements.
template <class Options>
struct Range {
  std::size_t offset, size;
  Options options;
};

/// Cuts a parameter block into ranges; the first group that matches a parameter counts, `rest` serves the others.
/// Throws ArgumentError for a group that matches no parameter, or only those of earlier groups.
template <class Options>
std::vector<Range<Options>> ranges_of(const std::vector<nn::ParameterInfo>& table, const Options& rest,
                                      const std::vector<Group<Options>>& groups) {
  std::vector<Range<Options>> ranges;
  std::vector<bool> used(groups.size(), false);
  std::size_t previous = groups.size() + 1;  // group of the last range; groups.size() is the rest
  for (const auto& info : table) {
    std::size_t g = 0;
    while (g < groups.size() && !matches(groups[g].pattern, info.name)) ++g;
    if (g < groups.size()) used[g] = true;
    if (g == previous) ranges.back().size += info.size;
    else ranges.push_back({info.offset, info.size, g < groups.size() ? groups[g].options : rest});
    previous = g;
  }
  for (std::size_t g = 0; g < groups.size(); ++g)
    if (!used[g])
      throw ArgumentError("odot::optim: the group \"" + groups[g].pattern +
                          "\" matches no parameter; see Network::parameter_table() for the names");
  return ranges;
}

}  // namespace odot::optim
