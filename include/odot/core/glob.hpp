#pragma once
// SPDX-License-Identifier: MIT
// Patterns of names.

#include <cstddef>
#include <string_view>

namespace odot {

/// Whether `text` matches `pattern`, in which * stands for any run of characters: "*.heads.weight_*".
/// Cost  at most pattern.size() · text.size() comparisons: a mismatch returns only to the last star, which takes one
///       more character; it would not help to let an earlier star take more.
constexpr bool matches_glob(std::string_view pattern, std::string_view text) {
  constexpr std::size_t none = std::string_view::npos;
  std::size_t p = 0, t = 0, after_star = none, after_run = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      after_star = ++p;
      after_run = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (after_star != none) {
      p = after_star;
      t = ++after_run;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == none;
}

}  // namespace odot
