#pragma once
// SPDX-License-Identifier: MIT
// Finds a dataset's folder: the one that was named, else in $ODOT_DATA, else in ./data.

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>

#include "odot/core/error.hpp"

namespace odot::data {

/// The folder of a set: "fashion-mnist", "mnist", "cifar-10-batches-bin", "japanese-vowels" or "ett". `named` is the
/// folder that contains the set's folder, or the set's folder itself; nothing else is tried then. Without it,
/// $ODOT_DATA/<set> is tried, then ./data/<set>.
/// Errors  FileError: none of them is there; the message lists every place looked in
ODOT_FUNCTION std::filesystem::path find(const std::string& set,
                                         const std::optional<std::filesystem::path>& named = {});

#if ODOT_DEFINITIONS

namespace detail {

ODOT_COLD inline bool holds_files(const std::filesystem::path& folder) {
  std::error_code error;
  const std::filesystem::directory_iterator entries(folder, error);
  return !error && std::any_of(begin(entries), end(entries), [](const auto& entry) {
    std::error_code unreadable;
    return entry.is_regular_file(unreadable);
  });
}

}  // namespace detail

ODOT_FUNCTION std::filesystem::path find(const std::string& set, const std::optional<std::filesystem::path>& named) {
  std::string looked;
  const auto is_there = [&looked](const std::filesystem::path& folder, const std::string& note) {
    if (detail::holds_files(folder)) return true;
    looked += (looked.empty() ? "" : ", ") + folder.string() + note;
    return false;
  };
  if (named) {
    for (const std::filesystem::path& folder : {*named / set, *named})
      if (is_there(folder, "")) return folder;
  } else {
    const char* variable = std::getenv("ODOT_DATA");
    if (variable && *variable && is_there(std::filesystem::path(variable) / set, " ($ODOT_DATA)"))
      return std::filesystem::path(variable) / set;
    const std::filesystem::path here = std::filesystem::path("data") / set;
    if (is_there(here, "")) return here;
  }
  throw FileError(set,
                  "no such dataset; looked for a folder with files at " + looked +
                      "; get the data with scripts/get_data.sh, name their folder or set $ODOT_DATA, or train on a "
                      "built-in set (data::synthetic; of the trainers, \"synthetic\" as the folder)");
}

#endif

}  // namespace odot::data
