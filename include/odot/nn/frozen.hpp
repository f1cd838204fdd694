#pragma once
// SPDX-License-Identifier: MIT
// Frozen parameters: stretches of a network's block that optimizers do not change.

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
struct Stretch {
  std::size_t offset = 0, size = 0;
};

/// The frozen stretches after adding (or, unless `added`, removing) the parameters that match `pattern`. Stretches are
/// in the block's order; adjacent ones are joined.
/// Errors  ArgumentError, which names Network::`what`: no parameter matches
ODOT_COLD inline std::vector<Stretch> with_stretches(const char* what, const std::vector<ParameterInfo>& table,
                                                     const std::vector<Stretch>& frozen, std::string_view pattern,
                                                     bool added) {
  std::vector<Stretch> result;
  bool found = false;
  for (const ParameterInfo& info : table) {
    const bool matches = matches_glob(pattern, info.name);
    found = found || matches;
    const bool before = std::any_of(frozen.begin(), frozen.end(), [&](const Stretch& s) {
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

/// The names of the parameters in the stretches: "0.weight, 0.bias".
ODOT_COLD inline std::string names_in(const std::vector<Stretch>& stretches, const std::vector<ParameterInfo>& table) {
  std::string names;
  for (const ParameterInfo& info : table)
    for (const Stretch& s : stretches)
      if (info.size > 0 && info.offset >= s.offset && info.offset < s.offset + s.size)
        names.append(names.empty() ? "" : ", ").append(info.name);
  return names;
}

/// body(stretch) for the parts of `all` that no frozen stretch has.
template <class Body>
void outside(const std::vector<Stretch>& frozen, Stretch all, const Body& body) {
  const std::size_t end = all.offset + all.size;
  for (const Stretch& s : frozen) {
    if (s.offset + s.size <= all.offset || s.offset >= end) continue;
    if (s.offset > all.offset) body(Stretch{all.offset, s.offset - all.offset});
    all.offset = s.offset + s.size;
  }
  if (all.offset < end) body(Stretch{all.offset, end - all.offset});
}

}  // namespace odot::nn
