// SPDX-License-Identifier: MIT
#include "odot/data/csv.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include "data/text_file.hpp"
#include "support/comma_locale.hpp"

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

TEST_CASE("lines end with LF, CR LF or CR, and the last one may lack its end") {
  CHECK(read("date,a\r\nx,1\r\ny,2").values == std::vector<double>{1, 2});
  CHECK(read("date,a\rx,1\ry,2\r").values == std::vector<double>{1, 2});
}

TEST_CASE("a byte-order mark is no part of the first column's name") {
  const data::Table table = read(
      "\xEF\xBB\xBF"
      "a,b\n1,2\n",
      {});
  CHECK(table.columns == std::vector<std::string>{"a", "b"});
  CHECK(read("\xEF\xBB\xBF"
             "a,b\n1,2\n",
             {.columns = {"a"}})
            .values == std::vector<double>{1});
  CHECK(complaint("\xEF\xBB\xBF"
                  "a,b\nx,2\n",
                  {}) == ":2:1: expected a number, found \"x\"");
  CHECK(complaint("\xEF\xBB\xBF"
                  "a,a\n1,2\n",
                  {}) == ":1:1: expected every column that is read once, found \"a\" more than once");
}

TEST_CASE("blank lines are ignored wherever they are") {
  CHECK(read("\n\r\na\n\n1\n \t\n2\n", {}).values == std::vector<double>{1, 2});
  CHECK(read("date,oil\nx,1\n\ny,2\n").values == std::vector<double>{1, 2});
  CHECK(complaint("a\n\n1\n\nx\n", {}) == ":5:1: expected a number, found \"x\"");
}

TEST_CASE("numbers are read as the usual programs write them") {
  CHECK(read("a,b,c,d,e,f\n+1.5,1E3,.5,2., -0 ,1e-400\n", {}).values == std::vector<double>{1.5, 1000, 0.5, 2, 0, 0});
  CHECK(read("a,b\n0.1,1e-310\n", {}).values == std::vector<double>{0.1, 1e-310});
  CHECK(read("a\n123456789012345678901234567890\n", {}).values ==
        std::vector<double>{123456789012345678901234567890.0});
}

TEST_CASE("fields in quotes are read") {
  CHECK(read("\"a\",\"b\"\n\"1\",\"-2.5\"\n", {}).values == std::vector<double>{1, -2.5});
  CHECK(read("a,b\n \"1\" ,\t\"2\"\n", {}).values == std::vector<double>{1, 2});
  const data::Table table = read("\"load, MW\",\"the \"\"best\"\"\",\"two\nlines\"\n1,2,3\n", {});
  CHECK(table.columns == std::vector<std::string>{"load, MW", "the \"best\"", "two\nlines"});
  CHECK(table.values == std::vector<double>{1, 2, 3});
  // Fields that are not looked at may hold what they like.
  const std::string named = "date,note,a\nx,\"one, two\r\n\"\"three\"\"\",1\ny,it's 5\" long,2\nz,,3\n";
  CHECK(read(named, {.skip = {"date", "note"}}).values == std::vector<double>{1, 2, 3});
}

TEST_CASE("places are right after a field of several lines, and quotes that do not end are rejected") {
  CHECK(complaint("a,b\n\"x\ny\",2\n", {.columns = {"b", "a"}}) == ":2:2: expected a number, found \"x?y\"");
  CHECK(complaint("a,b\n\"x\r\ny\", z\n", {.columns = {"b"}}) == ":3:5: expected a number, found \"z\"");
  CHECK(complaint("a,b\n1, \"2\n3,4\n", {}) == ":2:4: expected a closing quote, found the end of the file");
  CHECK(complaint("\"a", {}) == ":1:1: expected a closing quote, found the end of the file");
  CHECK(complaint("a\n\"", {}) == ":2:1: expected a closing quote, found the end of the file");
}

TEST_CASE("a column without a name gets one") {
  const data::Table table = read(",a,b\n0,1,2\n1,3,4\n", {});
  CHECK(table.columns == std::vector<std::string>{"Unnamed: 0", "a", "b"});
  CHECK(read(",a,b\n0,1,2\n", {.skip = {"Unnamed: 0"}}).values == std::vector<double>{1, 2});
  CHECK(read("a,\n1,x\n", {.columns = {"a"}}).values == std::vector<double>{1});
  CHECK(complaint("a,\n1,\n", {}) == ":2:3: expected a number, found nothing");
}

TEST_CASE("columns that are named twice are rejected where they are read") {
  CHECK(read("a,x,x\n1,2,3\n", {.columns = {"a"}}).values == std::vector<double>{1});
  CHECK(read("a,x,x\n1,2,3\n", {.skip = {"x"}}).values == std::vector<double>{1});
  CHECK(complaint("a,x,x\n1,2,3\n", {.columns = {"x"}}) ==
        ":1:1: expected every column that is read once, found \"x\" more than once");
}

TEST_CASE("a table of many columns is read") {
  std::string text;
  for (int i = 0; i < 50'000; ++i) text += (i == 0 ? "c" : ",c") + std::to_string(i);
  text += '\n';
  for (int i = 0; i < 50'000; ++i) text += (i == 0 ? "" : ",") + std::to_string(i);
  const data::Table table = read(text, {});
  REQUIRE(table.columns.size() == 50'000);
  CHECK(table.columns.back() == "c49999");
  CHECK(table.values.back() == 49'999);
}

TEST_CASE("missing and infinite values are read on demand") {
  const data::CsvOptions all{.only_finite = false};
  const data::Table table = read("a,b\n,NaN\n?,NA\n-inf,1e300\n\"\",Infinity\n", all);
  REQUIRE(table.rows() == 4);
  for (const std::size_t i : {0u, 1u, 2u, 3u, 6u}) CHECK(std::isnan(table.values[i]));
  CHECK(table.values[4] == -HUGE_VAL);
  CHECK(table.values[5] == 1e300);
  CHECK(table.values[7] == HUGE_VAL);
  CHECK(complaint("a\nhot\n", all) == ":2:1: expected a number, found \"hot\"");
}

TEST_CASE("tables are read under a locale with commas in numbers") {
  const CommaLocale comma;
  CHECK(read(small).values == std::vector<double>{1.5, -2, 3, 40});
}

TEST_CASE("archives are named") {
  const TemporaryFolder folder;
  const auto file = folder.write("small.csv.gz", {0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 'x'});
  CHECK(says(message_of<FormatError>([&] { data::read_csv(file); }), file.string(), "at byte 0: expected text in UTF-8",
             "gzip"));
}

TEST_CASE("blank lines at the end are ignored") {
  CHECK(read("date,a\nx,1\ny,2\n\n").values == std::vector<double>{1, 2});
  CHECK(read("date,a\r\nx,1\r\n\r\n \t\n").values == std::vector<double>{1});
  CHECK(read("a\n1\n\n", {}).values == std::vector<double>{1});
  CHECK(says(complaint("date,oil\n\n\n"), "expected a row of numbers after the header, found the end of the file"));
}

TEST_CASE("a header that does not fit is rejected") {
  CHECK(complaint("") == ":1:1: expected a line of column names, found the end of the file");
  CHECK(complaint("date,oil,oil\n1,2,3\n") ==
        ":1:1: expected every column that is read once, found \"oil\" more than once");
  CHECK(complaint("day,oil\n1,2\n") == ":1:1: expected a column \"date\", found \"day,oil\"");
  CHECK(complaint(small, {.columns = {"OT"}}) == ":1:1: expected a column \"OT\", found \"date,load,oil\"");
  CHECK(complaint("date\nx\n") == ":1:1: expected a column that is not skipped, found \"date\"");
}

TEST_CASE("a table with other separators is rejected by their name") {
  CHECK(complaint("date;oil\n1;2\n") ==
        ":1:1: expected a column \"date\", found \"date;oil\", separated by ';'; odot reads commas");
  CHECK(complaint("a\tb\n1\t2\n", {.columns = {"b"}}) ==
        ":1:1: expected a column \"b\", found \"a?b\", separated by tabs; odot reads commas");
  CHECK(complaint("a;b\n1,5;2,5\n", {}) ==
        ":2:1: expected fields separated by commas, found fields separated by ';', as in the header");
  CHECK(complaint("a\tb\n\n1\t2\n", {}) ==
        ":3:1: expected fields separated by commas, found fields separated by tabs, as in the header");
  CHECK(read("a;b\n1\n", {}).columns == std::vector<std::string>{"a;b"});  // one column with a strange name
  CHECK(read("\"a;b\",\"c\td\"\n1,2\n", {}).columns == std::vector<std::string>{"a;b", "c\td"});
}

TEST_CASE("no rows are rejected") {
  CHECK(says(complaint("date,oil\n"), "expected a row of numbers after the header, found the end of the file"));
}

TEST_CASE("ragged rows are rejected with their line") {
  CHECK(complaint("oil\n1\n2,3\n", {}) == ":3:3: expected 1 field, as the header has, found 2");
  CHECK(complaint("date,oil\nx,1\ny\n") == ":3:1: expected 2 fields, as the header has, found 1");
  CHECK(complaint("date,oil\nx,1\ny,1,2\n") == ":3:5: expected 2 fields, as the header has, found 3");
  CHECK(complaint("date,oil\nx,1\n\ny\n") == ":4:1: expected 2 fields, as the header has, found 1");
}

TEST_CASE("missing values and text are rejected with line and column") {
  CHECK(complaint("date,oil\nx,\n") == ":2:3: expected a number, found nothing");
  CHECK(complaint("date,oil\nx,?\n") == ":2:3: expected a number, found a missing value, \"?\"");
  CHECK(complaint("date,oil\nx,nan\n") == ":2:3: expected a number, found a missing value, \"nan\"");
  CHECK(complaint("date,oil\nx,1\ny, hot\n") == ":3:4: expected a number, found \"hot\"");
  CHECK(complaint("date,oil\nx,\"1\"\"2\"\n") == ":2:4: expected a number, found \"1\"\"2\"");
  CHECK(complaint("date,oil\nx,1e39\n") == ":2:3: expected a finite number that a float can hold, found \"1e39\"");
  CHECK(complaint("date,oil\nx,-inf\n") == ":2:3: expected a finite number that a float can hold, found \"-inf\"");
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

TEST_CASE("columns of names become numbers in the order of the names") {
  const data::CsvOptions options{.categories = {"kind", "place"}};
  const data::Table table = read("x,kind,place\n1,rose, b \n2,\"a \"\"b\"\", c\",a\n3,rose,\"b\"\n4,Lily,c\n", options);
  CHECK(table.columns == std::vector<std::string>{"x", "kind", "place"});
  CHECK(table.values == std::vector<double>{1, 2, 1, 2, 1, 0, 3, 2, 1, 4, 0, 2});
  CHECK_FALSE(table.is_category(0));
  CHECK(table.is_category(1));
  CHECK(table.categories[1] == std::vector<std::string>{"Lily", "a \"b\", c", "rose"});
  CHECK(table.categories[2] == std::vector<std::string>{"a", "b", "c"});
  const data::Table alone = read("x,kind\n1,rose\n", {.columns = {"kind"}, .categories = {"kind"}});
  CHECK(alone.values == std::vector<double>{0});
  CHECK(alone.categories[0] == std::vector<std::string>{"rose"});
  CHECK(read(small).categories.empty());
}

TEST_CASE("a column of names that is not there, and names that are missing, are rejected with their place") {
  const data::CsvOptions options{.categories = {"kind"}};
  CHECK(complaint("x,y\n1,2\n", options) == ":1:1: expected a column \"kind\", found \"x,y\"");
  CHECK(complaint("x,kind\n1,a\n2,\n", options) == ":3:3: expected a name, found nothing");
  CHECK(complaint("x,kind\n1,a\n2,NA\n", options) == ":3:3: expected a name, found a missing value, \"NA\"");
  const data::Table table = read("x,kind\n1,a\n2,?\n", {.only_finite = false, .categories = {"kind"}});
  CHECK(table.values[1] == 0);
  CHECK(std::isnan(table.values[3]));
}
