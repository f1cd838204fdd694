// SPDX-License-Identifier: MIT
#include "odot/data/csv.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "data/text_file.hpp"

using namespace odot;
using namespace odot::test;

namespace {

const std::string small = "date,load,oil\n2016-07-01 00:00:00,1.5,-2\n2016-07-01 01:00:00, 3 ,4e1\n";
const data::CsvOptions dated{.columns = {}, .skip = {"date"}};

data::Table read(const std::string& text, const data::CsvOptions& options = dated) {
  const TemporaryFolder folder;
  return data::read_csv(write_text(folder, "small.csv", text), options);
}

/// The message after the path: ":line:column: …".
std::string complaint(const std::string& text, const data::CsvOptions& options = dated) {
  const TemporaryFolder folder;
  const auto file = write_text(folder, "small.csv", text);
  const std::string message = message_of<TextFormatError>([&] { data::read_csv(file, options); });
  CAPTURE(message);
  REQUIRE(message.starts_with(file.string() + ":"));
  return message.substr(file.string().size());
}

}  // namespace

TEST_CASE("all columns are read but those to skip") {
  const data::Table table = read(small);
  CHECK(table.columns == std::vector<std::string>{"load", "oil"});
  CHECK(table.rows() == 2);
  CHECK(table.values == std::vector<double>{1.5, -2, 3, 40});
  CHECK(table.row(1)[0] == 3);
}

TEST_CASE("named columns are read in their order, and the others are not looked at") {
  const data::Table table = read(small, {.columns = {"oil", "load"}});
  CHECK(table.columns == std::vector<std::string>{"oil", "load"});
  CHECK(table.values == std::vector<double>{-2, 1.5, 40, 3});
  CHECK(read("a,b\n1,text\n", {.columns = {"a"}}).values == std::vector<double>{1});
}

TEST_CASE("CR LF and a last line without its end are read") {
  CHECK(read("date,a\r\nx,1\r\ny,2").values == std::vector<double>{1, 2});
}

TEST_CASE("blank lines at the end are ignored") {
  CHECK(read("date,a\nx,1\ny,2\n\n").values == std::vector<double>{1, 2});
  CHECK(read("date,a\r\nx,1\r\n\r\n \t\n").values == std::vector<double>{1});
  CHECK(read("a\n1\n\n", {}).values == std::vector<double>{1});
  CHECK(says(complaint("date,oil\n\n\n"), "expected a row of numbers after the header, found the end of the file"));
}

TEST_CASE("a header that does not fit is rejected") {
  CHECK(complaint("") == ":1:1: expected a line of column names, found the end of the file");
  CHECK(complaint("date,,oil\n1,2,3\n") == ":1:6: expected a column's name, found nothing");
  CHECK(complaint("date,oil,oil\n1,2,3\n") == ":1:10: expected every column once, found \"oil\" again");
  CHECK(complaint("day,oil\n1,2\n") == ":1:1: expected a column \"date\", found \"day,oil\"");
  CHECK(complaint(small, {.columns = {"OT"}}) == ":1:1: expected a column \"OT\", found \"date,load,oil\"");
  CHECK(complaint("date\nx\n") == ":1:1: expected a column that is not skipped, found \"date\"");
}

TEST_CASE("no rows are rejected") {
  CHECK(says(complaint("date,oil\n"), "expected a row of numbers after the header, found the end of the file"));
}

TEST_CASE("ragged rows are rejected with their line") {
  CHECK(complaint("date,oil\nx,1\ny\n") == ":3:1: expected 2 fields, as the header has, found 1");
  CHECK(complaint("date,oil\nx,1\ny,1,2\n") == ":3:5: expected 2 fields, as the header has, found 3");
  CHECK(complaint("a\n1\n\n2\n", {}) == ":3:1: expected a number, found nothing");
  CHECK(complaint("date,oil\nx,1\n\ny,2\n") == ":3:1: expected 2 fields, as the header has, found 1");
}

TEST_CASE("missing values and text are rejected with line and column") {
  CHECK(complaint("date,oil\nx,\n") == ":2:3: expected a number, found nothing");
  CHECK(complaint("date,oil\nx,?\n") == ":2:3: expected a number, found a missing value, \"?\"");
  CHECK(complaint("date,oil\nx,nan\n") == ":2:3: expected a number, found a missing value, \"nan\"");
  CHECK(complaint("date,oil\nx,1\ny, hot\n") == ":3:4: expected a number, found \"hot\"");
  CHECK(complaint("date,oil\nx,\"1\"\n") == ":2:3: expected a number, found \"\"1\"\"");
  CHECK(says(complaint(small, {}), ":2:1: expected a number, found \"2016-07-01 00:00:00\""));
}

TEST_CASE("a file cut at any byte is an error or a shorter table") {
  const data::Table whole = read(small);
  for (std::size_t size = 0; size < small.size(); ++size) {
    CAPTURE(size);
    try {
      const data::Table part = read(small.substr(0, size));
      REQUIRE(part.rows() <= 2);
      CHECK(part.values.size() == part.rows() * 2);
      // Only the last number can have been cut.
      CHECK(std::equal(part.values.begin(), part.values.end() - 1, whole.values.begin()));
    } catch (const TextFormatError& error) {
      CHECK(says(error.what(), "expected"));
    }
  }
}
