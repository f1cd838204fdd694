#pragma once
// SPDX-License-Identifier: MIT
// From a snapshot's arrays back into blocks of named numbers: which array belongs where, and all that does not fit.

#include <cstddef>
#include <cstring>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "odot/core/config.hpp"
#include "odot/core/converted_array.hpp"
#include "odot/core/error.hpp"
#include "odot/core/scalar_type.hpp"
#include "odot/core/snapshot.hpp"
#include "odot/nn/parameters.hpp"

namespace odot {

struct RestoreOptions {
  bool partial = false;  ///< take what fits and leave the rest as it is, rather than refuse it all
  bool convert = false;  ///< take F64, F32, F16 and BF16 for each other, rounded to the nearest
};

/// Names that found no counterpart.
struct Unmatched {
  std::vector<std::string> missing;     ///< the network's names that the snapshot lacks
  std::vector<std::string> unexpected;  ///< the snapshot's names that the network lacks
  std::vector<std::string> mismatched;  ///< in both, but with another shape or type: "name: expected …, found …"

  bool empty() const { return missing.empty() && unexpected.empty() && mismatched.empty(); }
  /// All of them on one line.
  std::string description() const;
};

/// A snapshot does not fit the network that it should be restored into.
struct ODOT_SHARED SnapshotError : ArgumentError {
  ODOT_COLD SnapshotError(const std::string& what, Unmatched names)
      : ArgumentError(what + ": the snapshot does not fit, and nothing was changed; " + names.description()),
        unmatched(std::move(names)) {}
  Unmatched unmatched;
};

namespace detail {

/// Some tables' arrays and those of a snapshot side by side. What fits is read without looking at anything else.
struct Match {
  struct Part {
    const nn::ParameterInfo* row;
    const Snapshot::Array* array;
    std::optional<Snapshot::Array> converted;  // in place of `array`
  };
  std::vector<std::vector<Part>> parts;  // of each table
  Unmatched unmatched;
};

/// `type`: that of the blocks.
ODOT_FUNCTION Match match(const Snapshot& snapshot, std::span<const std::vector<nn::ParameterInfo>* const> tables,
                          ScalarType type, const RestoreOptions& options);

/// Throws SnapshotError in the name of `what` where anything is unmatched.
ODOT_FUNCTION void require_matched(const char* what, const Unmatched& unmatched);

/// Writes the matched arrays of table number `table` into its block, in host memory.
template <class Scalar>
void fill(const Match& match, std::size_t table, std::span<Scalar> block) {
  for (const Match::Part& part : match.parts[table]) {
    const Snapshot::Array& array = part.converted ? *part.converted : *part.array;
    if (!array.bytes.empty()) std::memcpy(block.data() + part.row->offset, array.bytes.data(), array.bytes.size());
  }
}

}  // namespace detail

#if ODOT_DEFINITIONS

namespace detail {

inline void append_list(std::string& text, const char* title, const std::vector<std::string>& names) {
  if (names.empty()) return;
  text.append(text.empty() ? "" : "; ").append(title).append(": ");
  for (std::size_t i = 0; i < names.size(); ++i) text.append(i == 0 ? "" : ", ").append(names[i]);
}

/// Whether an array fits a row, perhaps converted; the reason goes into `unmatched` where it doesn't.
inline bool fits(const nn::ParameterInfo& row, const Snapshot::Array& array, ScalarType type, bool convert,
                 std::optional<Snapshot::Array>& made, Unmatched& unmatched) {
  const auto refuse = [&](const std::string& expected, const std::string& found) {
    unmatched.mismatched.push_back(shown_name(row.name) + ": expected " + expected + ", found " + found);
    return false;
  };
  const bool right_type = array.type == type || (convert && is_floating(array.type) && is_floating(type));
  if (array.shape != row.shape || !right_type)
    return refuse(Snapshot::Array{row.name, row.shape, type, {}}.description(), array.description());
  if (array.type == type) return true;
  ConvertedArray result = converted(array, type);
  if (result.overflowed > 0)
    return refuse("numbers that " + std::string(name_of(type)) + " can hold",
                  std::to_string(result.overflowed) + " that are too large, of " + std::to_string(array.size()));
  made = std::move(result.array);
  return true;
}

ODOT_FUNCTION Match match(const Snapshot& snapshot, std::span<const std::vector<nn::ParameterInfo>* const> tables,
                          ScalarType type, const RestoreOptions& options) {
  Match result{std::vector<std::vector<Match::Part>>(tables.size()), {}};
  std::set<std::string_view> known;
  for (std::size_t t = 0; t < tables.size(); ++t)
    for (const nn::ParameterInfo& row : *tables[t]) {
      known.insert(row.name);
      const Snapshot::Array* array = snapshot.find(row.name);
      std::optional<Snapshot::Array> made;
      if (!array) result.unmatched.missing.push_back(shown_name(row.name));
      else if (fits(row, *array, type, options.convert, made, result.unmatched))
        result.parts[t].push_back({&row, array, std::move(made)});
    }
  for (const Snapshot::Array& array : snapshot.arrays())
    if (!known.contains(array.name)) result.unmatched.unexpected.push_back(shown_name(array.name));
  return result;
}

ODOT_FUNCTION void require_matched(const char* what, const Unmatched& unmatched) {
  if (!unmatched.empty()) throw SnapshotError(what, unmatched);
}

}  // namespace detail

ODOT_FUNCTION std::string Unmatched::description() const {
  std::string text;
  detail::append_list(text, "missing", missing);
  detail::append_list(text, "unexpected", unexpected);
  detail::append_list(text, "of another shape or type", mismatched);
  return text;
}

#endif

}  // namespace odot
