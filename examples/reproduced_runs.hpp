#pragma once
// SPDX-License-Identifier: MIT
// What scripts/reproduce.sh has run: its rows, and the results in the runs' folders.

#include <odot/core/error.hpp>
#include <odot/core/number_text.hpp>
#include <odot/data/csv.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace reproduce {

/// The words "name=value" of a line.
using Fields = std::map<std::string, std::string, std::less<>>;

inline Fields fields_of(const std::string& line) {
  Fields fields;
  std::istringstream words(line);
  for (std::string word; words >> word;)
    if (const std::size_t at = word.find('='); at != word.npos) fields[word.substr(0, at)] = word.substr(at + 1);
  return fields;
}

/// A file's text; empty if there is none.
inline std::string text_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}
inline std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

/// A row that has ended.
struct Result {
  std::string command, date;
  Fields fields;  ///< of the result line
  std::filesystem::path folder;

  const std::string& text(std::string_view name) const {
    const auto found = fields.find(name);
    if (found == fields.end())
      throw odot::FormatError((folder / "result.txt").string(), 0, "a result line with " + std::string(name) + "=",
                              "none");
    return found->second;
  }
  double number(std::string_view name) const {
    const auto value = odot::number_text::read(text(name));
    if (!value)
      throw odot::FormatError((folder / "result.txt").string(), 0, std::string(name) + "= a number", text(name));
    return *value;
  }
  /// The lines of its log that begin so.
  std::vector<std::string> log_lines(std::string_view beginning) const {
    std::vector<std::string> lines;
    std::istringstream log(text_of(folder / "log.txt"));
    for (std::string line; std::getline(log, line);)
      if (line.starts_with(beginning)) lines.push_back(line);
    return lines;
  }
};

struct Row {
  std::string name, group;
};

/// All rows, and the results that there are.
class Runs {
 public:
  /// `rows`: scripts/reproduce_rows.txt; `version`: the program version whose results count. Throws FileError if there are no
  /// rows.
  Runs(const std::filesystem::path& rows, std::filesystem::path folder, const std::string& version)
      : folder_(std::move(folder)) {
    std::istringstream lines(text_of(rows));
    for (std::string line; std::getline(lines, line);) {
      if (line.empty() || line[0] == '#') continue;
      std::istringstream words(line);
      Row row;
      std::string bar;
      words >> row.name >> bar >> row.group;
      rows_.push_back(row);
      const std::filesystem::path own = folder_ / row.name;
      const std::string result = first_line(text_of(own / "result.txt"));
      if (!result.starts_with("result ") || first_line(text_of(own / "version.txt")) != version) continue;
      results_[row.name] = {first_line(text_of(own / "command.txt")), first_line(text_of(own / "date.txt")),
                            fields_of(result), own};
    }
    if (rows_.empty()) throw odot::FileError(rows.string(), "expected the rows of scripts/reproduce.sh");
  }

  const std::vector<Row>& rows() const { return rows_; }
  const std::filesystem::path& folder() const { return folder_; }
  std::size_t done() const { return results_.size(); }

  /// The result of a row; null if it has not ended.
  const Result* find(std::string_view name) const {
    const auto found = results_.find(name);
    return found == results_.end() ? nullptr : &found->second;
  }

  /// A table of a row's run, of a training that may not have ended; no rows where there is none.
  odot::data::Table table(std::string_view name, const char* file) const {
    const std::filesystem::path path = folder_ / name / "run" / file;
    const std::string text = text_of(path);
    if (text.empty() || text.find('\n') + 1 >= text.size()) return {};
    return odot::data::read_csv(path, {.only_finite = false});
  }

 private:
  std::filesystem::path folder_;
  std::vector<Row> rows_;
  std::map<std::string, Result, std::less<>> results_;
};

}  // namespace reproduce
