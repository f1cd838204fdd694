#pragma once
// SPDX-License-Identifier: MIT
// Frozen parameters: ranges of a network's block that optimizers do not change.

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "odot/core/config.hpp"
#include "odot/core/error.hpp"
#include "odot/core/glob.hpp"
#include "odot/nn/parameters.hpp"

namespace odot::nn {

/// Neighbouring elements of a block.
struct BlockRange {
  std::size_t offset = 0, size = 0;
};

/// The frozen ranges after adding (or, unless `added`, removing) the parameters that match `pattern`. Ranges are
/// in the block's order; adjacent ones are joined.
/// Errors  ArgumentError, which names Network::`what`: no parameter matches
ODOT_COLD inline std::vector<BlockRange> with_frozen(const char* what, const std::vector<ParameterInfo>& table,
                                                     const std::vector<BlockRange>& frozen, std::string_view pattern,
                                                     bool added) {
  std::vector<BlockRange> result;
  bool found = false;
  for (const ParameterInfo& info : table) {
    const bool matches = matches_glob(pattern, info.name);
    found = found || matches;
    const bool before = std::any_of(frozen.begin(), frozen.end(), [&](const BlockRange& s) {
      return info.offset >= s.offset && info.offset < s.offset + s.size;
    });
    if (!(matches ? added : before) || info.size == 0) continue;
    if (!result.empty() && result.back().offset + result.back().size == info.offset) result.back().size += info.size;
    else result.push_back({info.offset, info.size});
  }
  if (!found)
    throw ArgumentError("odot::Network::" + std::string(what) + ": \"" + std::string(pattern) +
                        "\" matches no parameter; see Network::parameter_table() for the names");
  return result;
}

/// The names of the parameters in the ranges: "0.weight, 0.bias".
ODOT_COLD inline std::string names_in(const std::vector<BlockRange>& ranges, const std::vector<ParameterInfo>& table) {
  std::string names;
  for (const ParameterInfo& info : table)
    for (const BlockRange& s : ranges)
      if (info.size > 0 && info.offset >= s.offset && info.offset < s.offset + s.size)
        names.append(names.empty() ? "" : ", ").append(info.name);
  return names;
}

/// body(range) for the parts of `all` that are not frozen.
template <class Body>
void for_each_trainable(const std::vector<BlockRange>& frozen, BlockRange all, const Body& body) {
  const std::size_t end = all.offset + all.size;
  for (const BlockRange& s : frozen) {
    if (s.offset + s.size <= all.offset || s.offset >= end) continue;
    if (s.offset > all.offset) body(BlockRange{all.offset, s.offset - all.offset});
    all.offset = s.offset + s.size;
  }
  if (all.offset < end) body(BlockRange{all.offset, end - all.offset});
}

}  // namespace odot::nn
