#pragma once
// SPDX-License-Identifier: MIT
// TextReader: a text file line by line, with errors that name line and column.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "odot/core/error.hpp"
#include "odot/core/number_text.hpp"
#include "odot/core/utf8.hpp"
#include "odot/data/byte_source.hpp"

namespace odot::data {

/// The lines of a text, which end with LF, CR LF or CR; the last one may have no end. A byte-order mark at the start is
/// skipped.
/// Errors  FileError: the file can't be read;  FormatError: it is an archive, UTF-16 or binary
///         TextFormatError: what fail() is told
class TextReader {
 public:
  /// A plain file.
  explicit TextReader(const std::filesystem::path& path);
  /// All of a source. For a gzipped file, see read_file in odot/data/gzip.hpp.
  template <class Source>
  explicit TextReader(ByteSource<Source>& source);

  TextReader(const TextReader&) = delete;  // views of its lines would dangle
  TextReader& operator=(const TextReader&) = delete;

  /// Goes on to the next line; false at the end.
  bool next();

  /// The same, but skips lines that contain only blanks.
  bool next_with_content();

  /// Adds the next line to the current one, with the line's end between them; false at the end.
  bool extend();

  /// The current line without its end; it and its parts are valid as long as the reader.
  std::string_view line() const { return line_; }

  /// The parts of a text between separators: one more than there are separators.
  static std::vector<std::string_view> split(std::string_view text, char separator);

  /// A part of the line without blanks and tabs around it.
  static std::string_view trimmed(std::string_view part);

  /// A part of the current line as a finite number; a number too small for a double is 0. Throws if the part is empty,
  /// a missing value ("?", "NaN", …), not a number, or too large for a float.
  double number(std::string_view part) const;

  /// The same, but missing values are NaN, and numbers may be infinite.
  double any_number(std::string_view part) const;

  /// Throws TextFormatError; `at` is the part of the current line that is wrong.
  [[noreturn]] void fail(std::string_view at, const std::string& expected, const std::string& found) const;
  /// The same; what was found is the part itself.
  [[noreturn]] void fail(std::string_view at, const std::string& expected) const;

 private:
  void begin();
  std::size_t end_of_line(std::size_t from);

  std::string path_, text_;
  std::string_view line_;
  std::size_t number_ = 0, next_ = 0;  ///< number of line_'s first line; where the next line begins
  std::size_t lines_ = 0;              ///< lines that line_ consists of
  std::size_t line_feed_ = 0;          ///< the first line feed after the current line's begin
};

namespace detail {

/// Text for a message: at most 40 bytes of it, in quotes, with '?' for control characters and bytes that are not UTF-8.
inline std::string in_quotes(std::string_view text) {
  std::string shown = "\"";
  while (!text.empty()) {
    const utf8::Character c = utf8::front(text);
    const std::size_t length = std::max<std::size_t>(c.length, 1);
    if (shown.size() + length > 41) return shown + "…\"";
    if (c.length == 0 || utf8::is_control(c.code)) shown += '?';
    else shown += text.substr(0, length);
    text.remove_prefix(length);
  }
  return shown + "\"";
}

/// Whether a text stands for a missing value: the words that pandas knows, and the archives' "?".
inline bool is_missing(std::string_view text) {
  static constexpr std::array<std::string_view, 19> words{
      "?",        "NaN", "nan",  "-NaN", "-nan", "NA",     "N/A",     "n/a",     "<NA>",    "#N/A",
      "#N/A N/A", "#NA", "NULL", "null", "None", "1.#IND", "-1.#IND", "1.#QNAN", "-1.#QNAN"};
  return std::find(words.begin(), words.end(), text) != words.end();
}

/// The name of a file format by its first bytes, and what to do; empty if it may be text in UTF-8.
inline std::string foreign_format(std::string_view start) {
  struct Format {
    std::string_view magic;
    const char* name;
  };
  using namespace std::string_view_literals;
  static constexpr std::array<Format, 6> formats{{
      {"\x1F\x8B"sv, "gzip: read it inside odot::data::read_file, or unpack it with gunzip"},
      {"PK\x03\x04"sv, "a ZIP archive or a spreadsheet: unpack it, or save it as text"},
      {"\xFD"
       "7zXZ"sv,
       "xz: unpack it with unxz"},
      {"\x28\xB5\x2F\xFD"sv, "zstd: unpack it with unzstd"},
      {"\xFF\xFE"sv, "UTF-16: save it as UTF-8"},
      {"\xFE\xFF"sv, "UTF-16: save it as UTF-8"},
  }};
  for (const Format& format : formats)
    if (start.starts_with(format.magic)) return format.name;
  if (start.starts_with("BZh") && start.substr(4, 6) == "1AY&SY") return "bzip2: unpack it with bunzip2";
  return start.find('\0') != start.npos ? "binary data" : "";
}

}  // namespace detail

inline TextReader::TextReader(const std::filesystem::path& path) : path_(path.string()) {
  FileSource source(path);
  text_ = source.read_rest();
  begin();
}

template <class Source>
TextReader::TextReader(ByteSource<Source>& source) : path_(source.path()), text_(source.read_rest()) {
  begin();
}

/// Puts the reader before the first line.
inline void TextReader::begin() {
  const std::string_view start = std::string_view(text_).substr(0, 1024);
  if (const std::string format = detail::foreign_format(start); !format.empty()) {
    std::string bytes;
    for (const char c : start.substr(0, 4)) {
      const auto byte = static_cast<std::uint8_t>(c);
      bytes += (bytes.empty() ? "" : " ") + detail::hex({&byte, 1});
    }
    throw FormatError(path_, 0, "text in UTF-8", bytes + " (" + format + ")");
  }
  if (text_.starts_with("\xEF\xBB\xBF")) next_ = 3;
  line_ = std::string_view(text_).substr(next_, 0);
  line_feed_ = (std::min)(text_.find('\n'), text_.size());
}

/// Where the line that begins at `from` ends. The next LF's position is kept: otherwise a text with CRs alone would be
/// searched to its end for every line.
inline std::size_t TextReader::end_of_line(std::size_t from) {
  if (line_feed_ < from) line_feed_ = (std::min)(text_.find('\n', from), text_.size());
  const std::size_t early = std::string_view(text_).substr(from, line_feed_ - from).find('\r');
  return early == std::string_view::npos ? line_feed_ : from + early;
}

inline bool TextReader::next() {
  number_ += lines_;
  if (number_ == 0) number_ = 1;
  line_ = std::string_view(text_).substr((std::min)(next_, text_.size()), 0);
  lines_ = 0;
  return extend();
}

inline bool TextReader::next_with_content() {
  while (next())
    if (!trimmed(line_).empty()) return true;
  return false;
}

inline bool TextReader::extend() {
  if (next_ >= text_.size()) return false;
  const std::size_t end = end_of_line(next_), begin = static_cast<std::size_t>(line_.data() - text_.data());
  line_ = std::string_view(text_).substr(begin, end - begin);
  next_ = end + (std::string_view(text_).substr(end, 2) == "\r\n" ? 2 : 1);
  ++lines_;
  return true;
}

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
  const auto is_blank = [](char c) { return c == ' ' || c == '\t' || c == '\v' || c == '\f'; };
  while (!part.empty() && is_blank(part.front())) part.remove_prefix(1);
  while (!part.empty() && is_blank(part.back())) part.remove_suffix(1);
  return part;
}

inline double TextReader::number(std::string_view part) const {
  const std::string_view text = trimmed(part);
  const std::optional<double> value = number_text::read(text);
  if (value && std::abs(*value) <= double{(std::numeric_limits<float>::max)()}) return *value;
  if (text.empty()) fail(part, "a number", "nothing");
  if (detail::is_missing(text)) fail(text, "a number", "a missing value, " + detail::in_quotes(text));
  fail(text, value ? "a finite number that a float can hold" : "a number");
}

inline double TextReader::any_number(std::string_view part) const {
  const std::string_view text = trimmed(part);
  if (const std::optional<double> value = number_text::read(text)) return *value;
  if (text.empty() || detail::is_missing(text)) return std::numeric_limits<double>::quiet_NaN();
  fail(text, "a number");
}

inline void TextReader::fail(std::string_view at, const std::string& expected, const std::string& found) const {
  const char* begin = line_.data();
  std::size_t line = std::max<std::size_t>(number_, 1);  // 1 in an empty file
  for (const char* c = begin; c != at.data(); ++c)
    if (*c == '\n' || (*c == '\r' && (c + 1 == at.data() || c[1] != '\n'))) ++line, begin = c + 1;
  throw TextFormatError(path_, line, static_cast<std::size_t>(at.data() - begin) + 1, expected, found);
}

inline void TextReader::fail(std::string_view at, const std::string& expected) const {
  fail(at, expected, at.empty() ? "nothing" : detail::in_quotes(at));
}

}  // namespace odot::data
