// SPDX-License-Identifier: MIT
#include "odot/data/text_reader.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "data/text_file.hpp"

using namespace odot;
using namespace odot::test;
using data::TextReader;

namespace {

std::vector<std::string> lines(const std::string& text) {
  const TemporaryFolder folder;
  TextReader reader(write_text(folder, "lines.txt", text));
  std::vector<std::string> all;
  while (reader.next()) all.emplace_back(reader.line());
  return all;
}

/// What number() says of a file's only line, from its second byte on.
std::string complaint(const std::string& number) {
  const TemporaryFolder folder;
  TextReader reader(write_text(folder, "n.txt", "x" + number));
  reader.next();
  const std::string message = message_of<TextFormatError>([&] { (void)reader.number(reader.line().substr(1)); });
  const std::string place = folder.path().string() + "/n.txt:1:2: ";
  CHECK(message.starts_with(place));
  return message.substr(std::min(place.size(), message.size()));
}

double number(const std::string& text) {
  const TemporaryFolder folder;
  TextReader reader(write_text(folder, "n.txt", text));
  reader.next();
  return reader.number(reader.line());
}

}  // namespace

TEST_CASE("lines end with LF or CR LF, and the last one may lack its end") {
  CHECK(lines("a\nb\r\n\nc") == std::vector<std::string>{"a", "b", "", "c"});
  CHECK(lines("a\n") == std::vector<std::string>{"a"});
  CHECK(lines("\r\n") == std::vector<std::string>{""});
  CHECK(lines("").empty());
}

TEST_CASE("it is known where only blank lines follow") {
  const TemporaryFolder folder;
  data::TextReader text(write_text(folder, "some.txt", "a\n\nb\n \r\n\n"));
  CHECK(!text.only_blanks_follow());
  text.next();
  CHECK(!text.only_blanks_follow());
  text.next(), text.next();
  CHECK(text.line() == "b");
  CHECK(text.only_blanks_follow());
}

TEST_CASE("parts lie between separators") {
  using Parts = std::vector<std::string_view>;
  CHECK(TextReader::split("a,b,,c", ',') == Parts{"a", "b", "", "c"});
  CHECK(TextReader::split("", ',') == Parts{""});
  CHECK(TextReader::split(",", ',') == Parts{"", ""});
  CHECK(TextReader::trimmed(" \t a b \t") == "a b");
  CHECK(TextReader::trimmed("  ").empty());
  CHECK(TextReader::trimmed("").empty());
}

TEST_CASE("numbers are decimal, with blanks around them") {
  CHECK(number("1.5") == 1.5);
  CHECK(number("\t-2e3 ") == -2000);
  CHECK(number("0") == 0);
  CHECK(number("41.13000106811523") == 41.13000106811523);
}

TEST_CASE("what is no finite number is rejected with its place") {
  CHECK(complaint("") == "expected a number, found nothing");
  for (const char* missing : {"?", "NaN", "nan", "NA", "null"})
    CHECK(complaint(missing) == "expected a number, found a missing value, \"" + std::string(missing) + "\"");
  for (const char* text : {"one", "1.5x", "1,5", "1 2", "--1", "+1", "0x10", "1e", "\"1\"", "-"})
    CHECK(complaint(text) == "expected a number, found \"" + std::string(text) + "\"");
  for (const char* text : {"inf", "-infinity", "1e39", "-1e200"})
    CHECK(says(complaint(text), "expected a finite number that a float can hold, found \"", text));
  CHECK(says(complaint("1e999"), "expected a number that a float can hold"));
}

TEST_CASE("long and binary text is cut and cleaned for the message") {
  CHECK(complaint(std::string(50, 'a')) == "expected a number, found \"" + std::string(40, 'a') + "…\"");
  CHECK(complaint("a\x01z") == "expected a number, found \"a?z\"");
}

TEST_CASE("an error counts lines and columns from 1 and keeps the path") {
  const TemporaryFolder folder;
  const auto file = write_text(folder, "t.txt", "first\nsecond,third\n");
  TextReader reader(file);
  reader.next();
  reader.next();
  try {
    reader.fail(TextReader::split(reader.line(), ',')[1], "a second");
    FAIL("nothing was thrown");
  } catch (const TextFormatError& error) {
    CHECK(error.path == file.string());
    CHECK(error.line == 2);
    CHECK(error.column == 8);
    CHECK(std::string(error.what()) == file.string() + ":2:8: expected a second, found \"third\"");
  }
}

TEST_CASE("a file that is not there is named") {
  CHECK(says(message_of<FileError>([] { TextReader("no/such/file.csv"); }), "no/such/file.csv: ", "check the path"));
}
