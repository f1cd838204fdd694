#pragma once
// SPDX-License-Identifier: MIT
// The parts of a text between marks, which a program writes; what is outside stays byte for byte.

#include <odot/core/error.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace reproduce {

inline std::string begin_mark(std::string_view name) {
  return "<!-- " + std::string(name) + ": written by scripts/reproduce.sh -->\n";
}
inline std::string end_mark(std::string_view name) { return "<!-- end of " + std::string(name) + " -->"; }

/// Where the text between the marks of this name begins and ends; the marks stand on lines of their own.
/// Errors  ArgumentError: a mark that is missing, occurs twice, or an end before its beginning
inline std::pair<std::size_t, std::size_t> marked_range(std::string_view text, std::string_view name) {
  const std::string begin = begin_mark(name), end = end_mark(name);
  const std::size_t first = text.find(begin), last = text.find(end);
  const bool good = first != text.npos && last != text.npos && first + begin.size() <= last &&
                    text.find(begin, first + 1) == text.npos && text.find(end, last + 1) == text.npos;
  if (!good)
    throw odot::ArgumentError("the marks of \"" + std::string(name) + "\": expected each once, " +
                              begin.substr(0, begin.size() - 1) + " before " + end);
  return {first + begin.size(), last};
}

/// What stands between the marks of this name, without the empty lines around it. Errors as marked_range.
inline std::string_view marked(std::string_view text, std::string_view name) {
  const auto [first, last] = marked_range(text, name);
  std::string_view content = text.substr(first, last - first);
  while (content.starts_with('\n')) content.remove_prefix(1);
  while (content.ends_with('\n')) content.remove_suffix(1);
  return content;
}

/// The text with `content` between the marks of this name. Errors as marked_range.
inline std::string with_marked(const std::string& text, std::string_view name, std::string_view content) {
  const auto [first, last] = marked_range(text, name);
  return text.substr(0, first) + "\n" + std::string(content) + "\n" + text.substr(last);
}

}  // namespace reproduce
