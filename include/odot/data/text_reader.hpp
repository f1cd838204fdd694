#pragma once
// SPDX-License-Identifier: MIT
// TextReader: a text file line by line, with errors that name line and column.

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "odot/core/error.hpp"
#include "odot/data/byte_source.hpp"

namespace odot::data {

/// The lines of a text file, ended by LF or CR LF; the last one may lack its end.
/// Errors  FileError: the file can't be read;  TextFormatError: what fail() is told
class TextReader {
 public:
  explicit TextReader(const std::filesystem::path& path);

  /// Goes on to the next line; false at the end.
  bool next();

  /// Whether all lines after the current one are blank, or there are none.
  bool only_blanks_follow() const;

  /// The current line without its end; it and its parts are valid as long as the reader.
  std::string_view line() const { return line_; }

  /// The parts of the current line, or of a part of it, between separators: one more than there are separators.
  static std::vector<std::string_view> split(std::string_view text, char separator);

  /// A part of the line without blanks and tabs around it.
  static std::string_view trimmed(std::string_view part);

  /// A part of the current line as a finite number. Throws where it is empty, a missing value ("?", "NaN"), no number or
  /// too large for a float.
  double number(std::string_view part) const;

  /// Throws TextFormatError; `at` is the part of the current line that is wrong.
  [[noreturn]] void fail(std::string_view at, const std::string& expected, const std::string& found) const;
  /// The same, the part itself being what was found.
  [[noreturn]] void fail(std::string_view at, const std::string& expected) const;

 private:
  std::string path_, text_;
  std::string_view line_;
  std::size_t number_ = 0, next_ = 0;
};

namespace detail {

/// Text for a message: at most 40 bytes of it, in quotes; control characters as '?'.
inline std::string in_quotes(std::string_view text) {
  std::string shown = "\"";
  for (const char c : text.substr(0, 40)) shown += c >= 0 && c < ' ' ? '?' : c;
  return shown + (text.size() > 40 ? "…\"" : "\"");
}

/// Whether a text means that there is no value.
inline bool is_missing(std::string_view text) {
  return text == "?" || text == "NaN" || text == "nan" || text == "NA" || text == "null";
}

}  // namespace detail

inline TextReader::TextReader(const std::filesystem::path& path) : path_(path.string()) {
  FileSource source(path);
  text_.resize(static_cast<std::size_t>(source.size()));
  source.read({reinterpret_cast<std::uint8_t*>(text_.data()), text_.size()}, "text");
  source.require_end();
}

inline bool TextReader::next() {
  if (next_ >= text_.size()) return false;
  const std::size_t end = std::min(text_.find('\n', next_), text_.size());
  line_ = std::string_view(text_).substr(next_, end - next_);
  if (line_.ends_with('\r')) line_.remove_suffix(1);
  next_ = end + 1;
  ++number_;
  return true;
}

inline bool TextReader::only_blanks_follow() const { return text_.find_first_not_of(" \t\r\n", next_) == text_.npos; }

inline std::vector<std::string_view> TextReader::split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (std::size_t at = text.find(separator); at != text.npos; at = text.find(separator)) {
    parts.push_back(text.substr(0, at));
    text.remove_prefix(at + 1);
  }
  parts.push_back(text);
  return parts;
}

inline std::string_view TextReader::trimmed(std::string_view part) {
  constexpr std::string_view blanks = " \t";
  part.remove_prefix(std::min(part.find_first_not_of(blanks), part.size()));
  part.remove_suffix(part.size() - (part.find_last_not_of(blanks) + 1));
  return part;
}

inline double TextReader::number(std::string_view part) const {
  const std::string_view text = trimmed(part);
  if (text.empty()) fail(part, "a number", "nothing");
  if (detail::is_missing(text)) fail(text, "a number", "a missing value, " + detail::in_quotes(text));
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::result_out_of_range) fail(text, "a number that a float can hold");
  if (error != std::errc() || end != text.data() + text.size()) fail(text, "a number");
  if (!(std::abs(value) <= double{std::numeric_limits<float>::max()}))
    fail(text, "a finite number that a float can hold");
  return value;
}

inline void TextReader::fail(std::string_view at, const std::string& expected, const std::string& found) const {
  const std::size_t line = std::max<std::size_t>(number_, 1);  // of an empty file, the first
  throw TextFormatError(path_, line, static_cast<std::size_t>(at.data() - line_.data()) + 1, expected, found);
}

inline void TextReader::fail(std::string_view at, const std::string& expected) const {
  fail(at, expected, at.empty() ? "nothing" : detail::in_quotes(at));
}

}  // namespace odot::data
