#pragma once
// SPDX-License-Identifier: MIT
// CSV: a line of column names, then one row of numbers and names per line.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <filesystem>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "odot/data/table.hpp"
#include "odot/data/text_reader.hpp"

namespace odot::data {

struct CsvOptions {
  std::vector<std::string> columns = {};     ///< to be read, in this order; empty: all that are not skipped
  std::vector<std::string> skip = {};        ///< columns whose fields are ignored: dates, names
  bool only_finite = true;                   ///< false: a missing value is NaN, and numbers may be infinite
  std::vector<std::string> categories = {};  ///< columns of names, such as labels; they become numbers
};

/// Reads a CSV file of numbers, as pandas does: a line of names, then at least one row. Fields are separated by commas;
/// blanks around them are ignored, and so are blank lines. A field may be quoted; then it may contain commas, line ends
/// and doubled quotes. A column of categories becomes numbers: 0 for the first of its names in byte order, 1 for the
/// next; Table::categories has the names. A column without a name gets one: "Unnamed: 0" if it is the first. The format
/// has no end mark, so a file cut between two lines, or within the last number, may be read as a shorter table.
/// Errors  FileError: the file can't be read;  FormatError: it is gzipped, an archive or binary
///         TextFormatError: no header or no rows; a column to read that occurs twice or not at all; a row whose number
///         of fields is not the header's; quotes that do not end; text where a number should be; unless only_finite is
///         false, a missing value or name (empty, "?", "NaN", "NA", …), or a number that a float can't hold
ODOT_FUNCTION Table read_csv(const std::filesystem::path& path, const CsvOptions& options = {});

/// The same from a source. For a file that may be gzipped:
///     read_file(path, [](auto& source) { return read_csv(source); })
template <class Source>
Table read_csv(ByteSource<Source>& source, const CsvOptions& options = {});

namespace detail {

ODOT_FUNCTION Table csv_table(TextReader& text, const CsvOptions& options);

}  // namespace detail

template <class Source>
Table read_csv(ByteSource<Source>& source, const CsvOptions& options) {
  TextReader text(source);
  return detail::csv_table(text, options);
}

#if ODOT_DEFINITIONS

namespace detail {

/// The fields of the current line, with their quotes and blanks. If quotes contain a line's end, the next line is
/// added.
inline std::vector<std::string_view> csv_fields(TextReader& text) {
  std::vector<std::string_view> fields;
  for (std::size_t begin = 0, at = 0;;) {
    const std::size_t first = text.line().find_first_not_of(" \t", begin);
    if (first < text.line().size() && text.line()[first] == '"') {
      at = text.line().find('"', first + 1);
      while (at == std::string_view::npos || text.line().substr(at, 2) == "\"\"") {
        if (at != std::string_view::npos) at = text.line().find('"', at + 2);
        else if (const std::size_t end = text.line().size(); text.extend()) at = text.line().find('"', end);
        else text.fail(text.line().substr(first), "a closing quote", "the end of the file");
      }
    }
    at = (std::min)(text.line().find(',', at), text.line().size());
    fields.push_back(text.line().substr(begin, at - begin));
    if (at == text.line().size()) return fields;
    begin = ++at;
  }
}

/// A field without the blanks and quotes around it; a doubled quote inside stays doubled.
inline std::string_view csv_content(std::string_view field) {
  field = TextReader::trimmed(field);
  return field.size() >= 2 && field.front() == '"' && field.back() == '"' ? field.substr(1, field.size() - 2) : field;
}

/// A field's content with single quotes for doubled ones.
inline std::string csv_name(std::string_view content) {
  std::string name(content);
  for (std::size_t at = name.find("\"\""); at != name.npos; at = name.find("\"\"", at + 1)) name.erase(at, 1);
  return name;
}

/// The header's names.
inline std::vector<std::string> csv_names(TextReader& text) {
  if (!text.next_with_content()) text.fail(text.line(), "a line of column names", "the end of the file");
  std::vector<std::string> names;
  for (const std::string_view field : csv_fields(text)) {
    std::string name = csv_name(csv_content(field));
    names.push_back(name.empty() ? "Unnamed: " + std::to_string(names.size()) : name);
  }
  return names;
}

/// The separator that another program may have used in a line without commas: ';' or a tab; 0: none.
inline char csv_foreign_separator(std::string_view line) {
  const std::string_view text = TextReader::trimmed(line);
  const std::size_t at = text.find_first_of(",\"") == text.npos ? text.find_first_of(";\t") : text.npos;
  return at == text.npos ? '\0' : text[at];
}

/// The names of a header for a message, with a hint if something other than commas separates them.
inline std::string csv_found_names(const TextReader& text) {
  const char foreign = csv_foreign_separator(text.line());
  const std::string names = in_quotes(text.line());
  if (foreign == '\0') return names;
  return names + ", separated by " + (foreign == ';' ? "';'" : "tabs") + "; odot reads commas";
}

/// The positions in a row of the columns to read. The current line is the header.
inline std::vector<std::size_t> csv_columns(const TextReader& text, const std::vector<std::string>& names,
                                            const CsvOptions& options) {
  std::unordered_map<std::string_view, std::vector<std::size_t>> positions;  // of each name
  for (std::size_t i = 0; i < names.size(); ++i) positions[names[i]].push_back(i);
  const auto of = [&](const std::string& name) -> const std::vector<std::size_t>& {
    const auto found = positions.find(name);
    if (found == positions.end()) text.fail(text.line(), "a column " + in_quotes(name), csv_found_names(text));
    return found->second;
  };
  std::vector<bool> skipped(names.size());
  for (const std::string& name : options.skip)
    for (const std::size_t i : of(name)) skipped[i] = true;
  std::vector<std::size_t> columns;
  for (const std::string& name : options.columns) columns.push_back(of(name).front());
  for (std::size_t i = 0; i < names.size() && options.columns.empty(); ++i)
    if (!skipped[i]) columns.push_back(i);
  if (columns.empty()) text.fail(text.line(), "a column that is not skipped", in_quotes(text.line()));
  for (const std::size_t i : columns)
    if (of(names[i]).size() > 1)
      text.fail(text.line(), "every column that is read once", in_quotes(names[i]) + " more than once");
  return columns;
}

/// The names of a column of categories, numbered as they first occur; sort() numbers them in order.
class CsvCategories {
 public:
  /// The number of the name in a field. If the field has no name, throws if `needed`, and otherwise returns NaN.
  double number(const TextReader& text, std::string_view field, bool needed) {
    const std::string_view content = TextReader::trimmed(field);
    if (content.empty() || is_missing(content)) {
      if (!needed) return std::numeric_limits<double>::quiet_NaN();
      text.fail(field, "a name", content.empty() ? "nothing" : "a missing value, " + in_quotes(content));
    }
    return static_cast<double>(numbers_.try_emplace(csv_name(field), numbers_.size()).first->second);
  }

  /// Returns the names in order, and changes every `step`-th of `values`, from `column` on, to its number in that
  /// order.
  std::vector<std::string> sort(std::vector<double>& values, std::size_t column, std::size_t step) const {
    std::vector<std::string> names;
    std::vector<double> place(numbers_.size());
    for (const auto& [name, number] : numbers_) {
      place[number] = static_cast<double>(names.size());
      names.push_back(name);
    }
    for (std::size_t i = column; i < values.size(); i += step)
      if (!std::isnan(values[i])) values[i] = place[static_cast<std::size_t>(values[i])];
    return names;
  }

 private:
  std::map<std::string, std::size_t> numbers_;
};

/// Whether each of the columns read is one of categories.
inline std::vector<bool> csv_category_columns(const TextReader& text, const std::vector<std::string>& names,
                                              const std::vector<std::size_t>& columns, const CsvOptions& options) {
  for (const std::string& name : options.categories)
    if (std::find(names.begin(), names.end(), name) == names.end())
      text.fail(text.line(), "a column " + in_quotes(name), csv_found_names(text));
  std::vector<bool> is_category;
  for (const std::size_t column : columns)
    is_category.push_back(std::find(options.categories.begin(), options.categories.end(), names[column]) !=
                          options.categories.end());
  return is_category;
}

ODOT_FUNCTION Table csv_table(TextReader& text, const CsvOptions& options) {
  const std::vector<std::string> names = csv_names(text);
  const std::vector<std::size_t> columns = csv_columns(text, names, options);
  const std::vector<bool> is_category = csv_category_columns(text, names, columns, options);
  std::vector<CsvCategories> categories(columns.size());
  const char foreign = csv_foreign_separator(text.line());
  const std::string expected =
      std::to_string(names.size()) + (names.size() == 1 ? " field" : " fields") + ", as the header has";
  Table table;
  for (const std::size_t column : columns) table.columns.push_back(names[column]);
  while (text.next_with_content()) {
    if (foreign && text.line().find(foreign) != std::string_view::npos)
      text.fail(text.line(), "fields separated by commas",
                std::string("fields separated by ") + (foreign == ';' ? "';'" : "tabs") + ", as in the header");
    const std::vector<std::string_view> row = csv_fields(text);
    if (row.size() != names.size()) text.fail(row.back(), expected, std::to_string(row.size()));
    for (std::size_t c = 0; c < columns.size(); ++c) {
      const std::string_view field = csv_content(row[columns[c]]);
      table.values.push_back(is_category[c]        ? categories[c].number(text, field, options.only_finite)
                             : options.only_finite ? text.number(field)
                                                   : text.any_number(field));
    }
  }
  if (table.values.empty()) text.fail(text.line(), "a row of numbers after the header", "the end of the file");
  if (options.categories.empty()) return table;
  table.categories.resize(columns.size());
  for (std::size_t c = 0; c < columns.size(); ++c)
    if (is_category[c]) table.categories[c] = categories[c].sort(table.values, c, columns.size());
  return table;
}

}  // namespace detail

ODOT_FUNCTION Table read_csv(const std::filesystem::path& path, const CsvOptions& options) {
  TextReader text(path);
  return detail::csv_table(text, options);
}

#endif

}  // namespace odot::data
