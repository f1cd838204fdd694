#pragma once
// SPDX-License-Identifier: MIT
// Patterns of names.

#include <string_view>

namespace odot {

/// Whether `text` matches `pattern`, in which * stands for any run of characters: "*.heads.weight_*".
constexpr bool matches_glob(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return text.empty();
  if (pattern.front() != '*')
    return !text.empty() && pattern.front() == text.front() && matches_glob(pattern.substr(1), text.substr(1));
  while (!matches_glob(pattern.substr(1), text)) {
    if (text.empty()) return false;
    text.remove_prefix(1);
  }
  return true;
}

}  // namespace odot
