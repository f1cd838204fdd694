#pragma once
// SPDX-License-Identifier: MIT
// .ts, the format of the UEA and UCR archives: a header of @keys, then one sequence per line: dimension:…:dimension:label,
// the values of a dimension separated by commas.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "odot/core/number_text.hpp"
#include "odot/core/shape.hpp"
#include "odot/data/dataset.hpp"
#include "odot/data/text_reader.hpp"

namespace odot::data {

/// Reads a .ts file of labelled sequences of exactly D dimensions and up to L steps: values [N, L, D], padded with 0.
/// It accepts what the archives' own reader accepts: lines that are empty or begin with '#' or '%'; keys in any case,
/// repeated (the last one counts) or unknown. It does not rely on what the header says about dimensions, lengths and
/// missing values, but checks the sequences themselves. Labels match @classLabel's names exactly, or else in any case,
/// or else as numbers ("1.0" is "1"). Without @classLabel the classes are the labels that occur, sorted. The format has
/// no end mark, so a file cut between two lines, or within the last label, may be read as a shorter set.
/// Errors  FileError: the file can't be read;  FormatError: it is gzipped, an archive or binary
///         TextFormatError: a header without @data, or with more text on that line; a header that announces time
///         stamps, targets instead of labels, or no labels; no sequences; sequences with a number of dimensions other
///         than D, dimensions of different lengths, lengths over L or, with @equalLength true, different from the
///         first's; values that are not finite numbers; a label that the header does not name
/// Source  aeon and sktime, "ts file format"; Bagnall et al., "The UEA multivariate time series classification archive",
///         2018
template <ShapeType S>
Sequences<S> read_ts(const std::filesystem::path& path);

/// The same from a source. For a file that may be gzipped:
///     read_file(path, [](auto& source) { return read_ts<S>(source); })
template <ShapeType S, class Source>
Sequences<S> read_ts(ByteSource<Source>& source);

namespace detail {

/// What a .ts header says.
struct TsHeader {
  std::string name;
  std::vector<std::string> classes;
  bool equal_length = false;
};

/// Reads .ts for any shape: the numbers of tokens and features are run-time values, so that it is compiled once.
class TsReader {
 public:
  TsReader(TextReader& text, std::size_t most_tokens, std::size_t features)
      : text_(text), tokens_(most_tokens), features_(features) {}

  /// Reads the header, up to and including @data.
  void read_header();
  /// Reads all sequences, one after the other; after that the header's classes are complete.
  void read_sequences(std::vector<float>& values, std::vector<std::int32_t>& lengths,
                      std::vector<std::int32_t>& labels);

  const TsHeader& header() const { return header_; }

 private:
  using Words = std::vector<std::string_view>;

  bool next_line();
  void read_key(std::string_view key, const Words& words);
  void read_classes(const Words& words);
  std::int32_t read_sequence(std::vector<float>& values, std::vector<std::string_view>& names);
  std::size_t read_dimension(std::string_view part, std::size_t feature, float* sequence);
  void require_length(std::string_view part, std::size_t length, std::size_t feature, std::size_t first) const;
  void require_label(std::string_view name) const;

  TextReader& text_;
  std::size_t tokens_, features_, first_length_ = 0;
  TsHeader header_;
};

/// The words of a line, separated by blanks.
inline std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  for (std::string_view rest = TextReader::trimmed(line); !rest.empty(); rest = TextReader::trimmed(rest)) {
    const std::size_t end = (std::min)(rest.find_first_of(" \t"), rest.size());
    words.push_back(rest.substr(0, end));
    rest.remove_prefix(end);
  }
  return words;
}

inline std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower;
}

/// The index of a label's class; the number of classes if there is no such class.
inline std::size_t class_of(const std::vector<std::string>& classes, std::string_view label) {
  const auto where = [&](const auto& matches) {
    return static_cast<std::size_t>(std::find_if(classes.begin(), classes.end(), matches) - classes.begin());
  };
  std::size_t found = where([&](const std::string& name) { return name == label; });
  if (found < classes.size()) return found;
  found = where([lower = lower_case(label)](const std::string& name) { return lower_case(name) == lower; });
  const std::optional<double> number = found < classes.size() ? std::nullopt : number_text::read(label);
  return number ? where([&](const std::string& name) { return number_text::read(name) == number; }) : found;
}

/// To the next line that has content.
inline bool TsReader::next_line() {
  while (text_.next_with_content())
    if (const char first = TextReader::trimmed(text_.line()).front(); first != '#' && first != '%') return true;
  return false;
}

inline void TsReader::read_header() {
  while (next_line()) {
    const Words words = words_of(text_.line());
    const std::string key = lower_case(words.front());
    if (key == "@data") {
      if (words.size() > 1) text_.fail(words[1], "the end of the line after @data, and sequences from the next one on");
      return;
    }
    read_key(key, words);
  }
  text_.fail(text_.line(), "@data and sequences after the header", "the end of the file");
}

inline void TsReader::read_key(std::string_view key, const Words& words) {
  const std::string value = words.size() > 1 ? lower_case(words[1]) : "";
  if (key == "@problemname") header_.name = words.size() > 1 ? words[1] : "";
  if (key == "@equallength") header_.equal_length = value == "true";
  if (key == "@classlabel") read_classes(words);
  if (key == "@timestamps" && value == "true") text_.fail(words[1], "@timeStamps false; time stamps are not supported");
  if (key == "@targetlabel" && value == "true")
    text_.fail(words[1], "@classLabel true and the names of the classes; targets that are numbers are not supported");
}

inline void TsReader::read_classes(const Words& words) {
  if (words.size() < 3 || lower_case(words[1]) != "true")
    text_.fail(words.back(), "@classLabel true and the names of the classes");
  header_.classes.clear();
  for (std::size_t i = 2; i < words.size(); ++i)
    if (std::find(header_.classes.begin(), header_.classes.end(), words[i]) == header_.classes.end())
      header_.classes.emplace_back(words[i]);
}

inline void TsReader::read_sequences(std::vector<float>& values, std::vector<std::int32_t>& lengths,
                                     std::vector<std::int32_t>& labels) {
  std::vector<std::string_view> names;  // of each sequence's class
  while (next_line()) lengths.push_back(read_sequence(values, names));
  if (names.empty()) text_.fail(text_.line(), "sequences after @data", "the end of the file");
  if (header_.classes.empty()) {
    header_.classes.assign(names.begin(), names.end());
    std::sort(header_.classes.begin(), header_.classes.end());
    header_.classes.erase(std::unique(header_.classes.begin(), header_.classes.end()), header_.classes.end());
  }
  for (const std::string_view name : names)
    labels.push_back(static_cast<std::int32_t>(class_of(header_.classes, name)));
}

/// Reads the current line; returns the sequence's length.
inline std::int32_t TsReader::read_sequence(std::vector<float>& values, std::vector<std::string_view>& names) {
  const Words parts = TextReader::split(text_.line(), ':');
  if (parts.size() != features_ + 1)
    text_.fail(parts.back(), std::to_string(features_) + " dimensions and a label, separated by ':'",
               std::to_string(parts.size()) + " parts");
  const std::size_t at = values.size();
  values.resize(at + tokens_ * features_);
  std::size_t length = 0;
  for (std::size_t d = 0; d < features_; ++d) {
    const std::size_t found = read_dimension(parts[d], d, values.data() + at);
    if (d == 0) length = found;
    require_length(parts[d], found, d, length);
  }
  if (names.empty()) first_length_ = length;
  if (header_.equal_length && length != first_length_)
    text_.fail(parts[0], std::to_string(first_length_) + " steps, as the first sequence has and @equalLength says",
               std::to_string(length));
  names.push_back(TextReader::trimmed(parts.back()));
  require_label(names.back());
  return static_cast<std::int32_t>(length);
}

/// Fills one feature of a sequence [tokens, features]; returns the number of its steps.
inline std::size_t TsReader::read_dimension(std::string_view part, std::size_t feature, float* sequence) {
  const Words steps = TextReader::split(part, ',');
  if (steps.size() > tokens_)
    text_.fail(steps[tokens_], "at most " + std::to_string(tokens_) + " steps", std::to_string(steps.size()));
  for (std::size_t t = 0; t < steps.size(); ++t)
    sequence[t * features_ + feature] = static_cast<float>(text_.number(steps[t]));
  return steps.size();
}

inline void TsReader::require_length(std::string_view part, std::size_t length, std::size_t feature,
                                     std::size_t first) const {
  const std::string dimension = " steps in dimension " + std::to_string(feature + 1);
  if (length != first)
    text_.fail(part, std::to_string(first) + dimension + ", as in the first", std::to_string(length));
}

inline void TsReader::require_label(std::string_view name) const {
  if (name.empty()) text_.fail(name, "a label");
  if (!header_.classes.empty() && class_of(header_.classes, name) == header_.classes.size())
    text_.fail(name, "a label that @classLabel names");
}

/// Reads all of a text into a set of up to `most_tokens` steps.
template <ShapeType S>
Sequences<S> ts_sequences(TextReader& text) {
  static_assert(S::rank == 2, "odot::data::read_ts: the shape must be rank 2, [steps, dimensions]");
  TsReader reader(text, S::extents[0], S::extents[1]);
  reader.read_header();
  Sequences<S> set;
  reader.read_sequences(set.values, set.lengths, set.targets);
  set.name = reader.header().name;
  set.classes = reader.header().classes;
  return set;
}

}  // namespace detail

template <ShapeType S>
Sequences<S> read_ts(const std::filesystem::path& path) {
  TextReader text(path);
  return detail::ts_sequences<S>(text);
}

template <ShapeType S, class Source>
Sequences<S> read_ts(ByteSource<Source>& source) {
  TextReader text(source);
  return detail::ts_sequences<S>(text);
}

}  // namespace odot::data
