#pragma once
// SPDX-License-Identifier: MIT
// .ts, the format of the UEA and UCR archives: a header of @keys, then a sequence a line: dimension:…:dimension:label,
// the values of a dimension separated by commas.

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "odot/core/shape.hpp"
#include "odot/data/sequences.hpp"
#include "odot/data/text_reader.hpp"

namespace odot::data {

/// Reads a .ts file of labelled sequences of exactly D dimensions and up to L steps: values [N, L, D], padded with 0.
/// Lines that are empty or begin with '#' are skipped. The format has no end mark, so a file cut between two lines, or
/// within the last label, may be read as a shorter set.
/// Errors  FileError: the file can't be read
///         TextFormatError: a header that lacks @classLabel or @data, names a key twice or one that is unknown, announces
///         time stamps, missing values, no labels or other dimensions than D; no sequences; sequences with other than D
///         dimensions, dimensions of different lengths, lengths over L or against the header; what is no finite number;
///         a label that the header does not name
/// Source  sktime, "ts file format"; Bagnall et al., "The UEA multivariate time series classification archive", 2018
template <ShapeType S>
Sequences<S> read_ts(const std::filesystem::path& path);

namespace detail {

/// What a .ts header says.
struct TsHeader {
  std::string name;
  std::vector<std::string> classes;
  bool equal_length = false;
  std::size_t length = 0;  ///< @seriesLength; 0: not said
};

/// Reads .ts for any shape: tokens and features are numbers here, so that it is compiled once.
class TsReader {
 public:
  TsReader(const std::filesystem::path& path, std::size_t most_tokens, std::size_t features)
      : text_(path), tokens_(most_tokens), features_(features) {}

  /// Up to and including @data.
  const TsHeader& read_header();
  /// All sequences, behind one another.
  void read_sequences(std::vector<float>& values, std::vector<std::int32_t>& lengths,
                      std::vector<std::int32_t>& labels);

 private:
  using Words = std::vector<std::string_view>;

  bool next_line();
  void read_key(std::string_view key, const Words& words);
  void read_classes(const Words& words);
  void read_sequence(std::vector<float>& values, std::vector<std::int32_t>& lengths, std::vector<std::int32_t>& labels);
  std::size_t read_dimension(std::string_view part, std::size_t feature, float* sequence);
  void require_length(std::string_view part, std::size_t length, std::size_t feature, std::size_t first_length) const;
  std::int32_t label(std::string_view part) const;
  bool truth(const Words& words) const;
  std::size_t count(const Words& words) const;

  TextReader text_;
  std::size_t tokens_, features_;
  TsHeader header_;
  std::vector<std::string> seen_;  ///< keys
};

/// The words of a line, separated by blanks.
inline std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  for (std::string_view rest = TextReader::trimmed(line); !rest.empty(); rest = TextReader::trimmed(rest)) {
    const std::size_t end = std::min(rest.find_first_of(" \t"), rest.size());
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

/// To the next line that has content.
inline bool TsReader::next_line() {
  while (text_.next()) {
    const std::string_view line = TextReader::trimmed(text_.line());
    if (!line.empty() && line.front() != '#') return true;
  }
  return false;
}

inline const TsHeader& TsReader::read_header() {
  while (next_line()) {
    const Words words = words_of(text_.line());
    const std::string key = lower_case(words.front());
    if (key == "@data") {
      if (header_.classes.empty()) text_.fail(words.front(), "@classLabel before @data");
      return header_;
    }
    if (std::find(seen_.begin(), seen_.end(), key) != seen_.end())
      text_.fail(words.front(), "every key once", detail::in_quotes(words.front()) + " again");
    seen_.push_back(key);
    read_key(key, words);
  }
  text_.fail(text_.line(), "@data and sequences after the header", "the end of the file");
}

inline void TsReader::read_key(std::string_view key, const Words& words) {
  const auto require = [&](bool good, const std::string& rule) {
    if (!good) text_.fail(words.back(), rule);
  };
  if (key == "@problemname") {
    header_.name = words.size() > 1 ? words[1] : "";
  } else if (key == "@timestamps") {
    require(!truth(words), "@timeStamps false; time stamps are not supported");
  } else if (key == "@missing") {
    require(!truth(words), "@missing false; missing values are not supported");
  } else if (key == "@univariate") {
    require(truth(words) == (features_ == 1), features_ == 1 ? "true" : "false");
  } else if (key == "@dimensions" || key == "@dimension") {
    require(count(words) == features_, "@dimensions " + std::to_string(features_));
  } else if (key == "@equallength") {
    header_.equal_length = truth(words);
  } else if (key == "@serieslength") {
    header_.length = count(words);
    require(header_.length <= tokens_, "a length of at most " + std::to_string(tokens_));
  } else if (key == "@classlabel") {
    read_classes(words);
  } else {
    text_.fail(words.front(),
               "@problemName, @timeStamps, @missing, @univariate, @dimensions, @equalLength, @seriesLength, "
               "@classLabel or @data");
  }
}

inline void TsReader::read_classes(const Words& words) {
  if (words.size() < 3 || lower_case(words[1]) != "true")
    text_.fail(words.back(), "@classLabel true and the names of the classes");
  for (std::size_t i = 2; i < words.size(); ++i) {
    if (std::find(header_.classes.begin(), header_.classes.end(), words[i]) != header_.classes.end())
      text_.fail(words[i], "every class once", detail::in_quotes(words[i]) + " again");
    header_.classes.emplace_back(words[i]);
  }
}

inline bool TsReader::truth(const Words& words) const {
  const std::string value = words.size() == 2 ? lower_case(words[1]) : "";
  if (value != "true" && value != "false") text_.fail(words.back(), std::string(words[0]) + " true or false");
  return value == "true";
}

inline std::size_t TsReader::count(const Words& words) const {
  std::size_t value = 0;
  const std::string_view digits = words.back();
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (words.size() != 2 || error != std::errc() || end != digits.data() + digits.size() || value == 0)
    text_.fail(digits, std::string(words[0]) + " and a number of at least 1");
  return value;
}

inline void TsReader::read_sequences(std::vector<float>& values, std::vector<std::int32_t>& lengths,
                                     std::vector<std::int32_t>& labels) {
  while (next_line()) read_sequence(values, lengths, labels);
  if (labels.empty()) text_.fail(text_.line(), "sequences after @data", "the end of the file");
}

inline void TsReader::read_sequence(std::vector<float>& values, std::vector<std::int32_t>& lengths,
                                    std::vector<std::int32_t>& labels) {
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
  lengths.push_back(static_cast<std::int32_t>(length));
  labels.push_back(label(parts.back()));
}

/// Fills one feature of a sequence [tokens, features]; gives the number of its steps.
inline std::size_t TsReader::read_dimension(std::string_view part, std::size_t feature, float* sequence) {
  const Words steps = TextReader::split(part, ',');
  if (steps.size() > tokens_)
    text_.fail(steps[tokens_], "at most " + std::to_string(tokens_) + " steps", std::to_string(steps.size()));
  for (std::size_t t = 0; t < steps.size(); ++t)
    sequence[t * features_ + feature] = static_cast<float>(text_.number(steps[t]));
  return steps.size();
}

inline void TsReader::require_length(std::string_view part, std::size_t length, std::size_t feature,
                                     std::size_t first_length) const {
  const std::string dimension = " steps in dimension " + std::to_string(feature + 1);
  if (length != first_length)
    text_.fail(part, std::to_string(first_length) + dimension + ", as in the first", std::to_string(length));
  if (header_.equal_length && header_.length != 0 && length != header_.length)
    text_.fail(part, std::to_string(header_.length) + dimension + ", as @seriesLength says", std::to_string(length));
}

inline std::int32_t TsReader::label(std::string_view part) const {
  const std::string_view name = TextReader::trimmed(part);
  const auto found = std::find(header_.classes.begin(), header_.classes.end(), name);
  if (found == header_.classes.end()) text_.fail(name, "a label that @classLabel names");
  return static_cast<std::int32_t>(found - header_.classes.begin());
}

}  // namespace detail

template <ShapeType S>
Sequences<S> read_ts(const std::filesystem::path& path) {
  static_assert(S::rank == 2, "odot::data::read_ts: the shape must be rank 2, [steps, dimensions]");
  detail::TsReader reader(path, S::extents[0], S::extents[1]);
  const detail::TsHeader& header = reader.read_header();
  Sequences<S> set{header.name, header.classes, {}, {}, {}};
  reader.read_sequences(set.values, set.lengths, set.labels);
  return set;
}

}  // namespace odot::data
