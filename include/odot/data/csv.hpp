#pragma once
// SPDX-License-Identifier: MIT
// CSV: a line of column names, then a row of numbers a line.

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "odot/data/table.hpp"
#include "odot/data/text_reader.hpp"

namespace odot::data {

struct CsvOptions {
  std::vector<std::string> columns = {};  ///< to be read, in this order; none: all that are not skipped
  std::vector<std::string> skip = {};     ///< columns whose fields are not looked at: dates, names
};

/// Reads a CSV file of numbers: a line of names, then at least one row. Fields are separated by commas and not quoted;
/// blanks around them are ignored, and so are blank lines at the end. The format has no end mark, so a file cut between
/// two lines, or within the last number, may be read as a shorter table.
/// Errors  FileError: the file can't be read
///         TextFormatError: no header or no rows; a column without a name, named twice or not there; a row with other than
///         the header's number of fields; what is no finite number: empty, "?", "NaN" and text
inline Table read_csv(const std::filesystem::path& path, const CsvOptions& options = {});

namespace detail {

/// The header's names. Throws unless each is there once.
inline std::vector<std::string_view> csv_header(TextReader& text) {
  if (!text.next()) text.fail(text.line(), "a line of column names", "the end of the file");
  std::vector<std::string_view> names = TextReader::split(text.line(), ',');
  for (auto name = names.begin(); name != names.end(); ++name) {
    *name = TextReader::trimmed(*name);
    if (name->empty()) text.fail(*name, "a column's name");
    if (std::find(names.begin(), name, *name) != name)
      text.fail(*name, "every column once", in_quotes(*name) + " again");
  }
  return names;
}

/// Where in a row the wanted columns stand.
inline std::vector<std::size_t> csv_fields(const TextReader& text, const std::vector<std::string_view>& names,
                                           const CsvOptions& options) {
  const auto position = [&](const std::string& name) {
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) text.fail(text.line(), "a column " + in_quotes(name), in_quotes(text.line()));
    return static_cast<std::size_t>(found - names.begin());
  };
  std::vector<std::size_t> skipped, fields;
  for (const std::string& name : options.skip) skipped.push_back(position(name));
  for (const std::string& name : options.columns) fields.push_back(position(name));
  if (!options.columns.empty()) return fields;
  for (std::size_t i = 0; i < names.size(); ++i)
    if (std::find(skipped.begin(), skipped.end(), i) == skipped.end()) fields.push_back(i);
  if (fields.empty()) text.fail(text.line(), "a column that is not skipped", in_quotes(text.line()));
  return fields;
}

}  // namespace detail

inline Table read_csv(const std::filesystem::path& path, const CsvOptions& options) {
  TextReader text(path);
  const std::vector<std::string_view> names = detail::csv_header(text);
  const std::vector<std::size_t> fields = detail::csv_fields(text, names, options);
  Table table;
  for (const std::size_t field : fields) table.columns.emplace_back(names[field]);
  while (!text.only_blanks_follow() && text.next()) {
    const std::vector<std::string_view> row = TextReader::split(text.line(), ',');
    if (row.size() != names.size())
      text.fail(row.back(), std::to_string(names.size()) + " fields, as the header has", std::to_string(row.size()));
    for (const std::size_t field : fields) table.values.push_back(text.number(row[field]));
  }
  if (table.values.empty()) text.fail(text.line(), "a row of numbers after the header", "the end of the file");
  return table;
}

}  // namespace odot::data
