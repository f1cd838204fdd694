// SPDX-License-Identifier: MIT
#include "odot/data/text_reader.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include "data/text_file.hpp"
#include "support/comma_locale.hpp"

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

TEST_CASE("lines end with LF, CR LF or CR, and the last one may lack its end") {
  CHECK(lines("a\rb\r\rc") == std::vector<std::string>{"a", "b", "", "c"});
  CHECK(lines("a\n\rb\r\n") == std::vector<std::string>{"a", "", "b"});
  CHECK(lines("a\nb\r\n\nc") == std::vector<std::string>{"a", "b", "", "c"});
  CHECK(lines("a\n") == std::vector<std::string>{"a"});
  CHECK(lines("\r\n") == std::vector<std::string>{""});
  CHECK(lines("").empty());
}

TEST_CASE("a long text of CRs alone is read in one pass") {
  std::string text;
  for (int i = 0; i < 300'000; ++i) text += "1\r";
  CHECK(lines(text).size() == 300'000);
  for (char& c : text)
    if (c == '\r') c = '\n';
  CHECK(lines(text).size() == 300'000);
}

TEST_CASE("a byte-order mark is no part of the text") {
  CHECK(lines("\xEF\xBB\xBF"
              "a\nb") == std::vector<std::string>{"a", "b"});
  CHECK(lines("\xEF\xBB\xBF").empty());
  CHECK(lines("a\xEF\xBB\xBF") == std::vector<std::string>{"a\xEF\xBB\xBF"});
  CHECK(lines("\xEF\xBB") == std::vector<std::string>{"\xEF\xBB"});
}

TEST_CASE("lines of blanks can be passed over, and lines joined") {
  const TemporaryFolder folder;
  TextReader text(write_text(folder, "some.txt", "\n \t\na,\r\nb\rc\n\n"));
  REQUIRE(text.next_with_content());
  CHECK(text.line() == "a,");
  REQUIRE(text.extend());
  REQUIRE(text.extend());
  CHECK(text.line() == "a,\r\nb\rc");
  // Places are still those of the file.
  CHECK(says(message_of<TextFormatError>([&] { text.fail(text.line().substr(4, 1), "x"); }),
             ":4:1: expected x, found \"b\""));
  CHECK(says(message_of<TextFormatError>([&] { text.fail(text.line().substr(6, 1), "x"); }),
             ":5:1: expected x, found \"c\""));
  CHECK(says(message_of<TextFormatError>([&] { text.fail(text.line().substr(1, 1), "x"); }),
             ":3:2: expected x, found \",\""));
  CHECK_FALSE(text.next_with_content());
  CHECK_FALSE(text.next());
  CHECK_FALSE(text.extend());
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
  CHECK(number("+1.5") == 1.5);
  CHECK(number("1e-400") == 0);
  CHECK(number("-1e-46") == -1e-46);  // less than a float can tell from 0
  CHECK(number("41.13000106811523") == 41.13000106811523);
}

TEST_CASE("what is no finite number is rejected with its place") {
  CHECK(complaint("") == "expected a number, found nothing");
  for (const char* missing : {"?", "NaN", "nan", "-nan", "NA", "N/A", "<NA>", "#N/A", "null", "NULL", "None"})
    CHECK(complaint(missing) == "expected a number, found a missing value, \"" + std::string(missing) + "\"");
  for (const char* text : {"one", "1.5x", "1,5", "1 2", "--1", "+-1", "0x10", "1e", "\"1\"", "-"})
    CHECK(complaint(text) == "expected a number, found \"" + std::string(text) + "\"");
  for (const char* text : {"inf", "-Infinity", "1e39", "-1e200", "1e999"})
    CHECK(says(complaint(text), "expected a finite number that a float can hold, found \"", text));
}

TEST_CASE("long and binary text is cut and cleaned for the message") {
  // (Sums of strings that compilers know whole make GCC 12 warn of bounds that hold.)
  std::string many;
  for (int i = 0; i < 39; ++i) many += 'a';
  CHECK(complaint(many + many) == "expected a number, found \"" + many + "a…\"");
  CHECK(complaint("a\x01z\x7f\xc2\x9b") == "expected a number, found \"a?z??\"");
  CHECK(complaint("Gr\xf6\xdf"
                  "e") == "expected a number, found \"Gr??e\"");
  CHECK(complaint("精度") == "expected a number, found \"精度\"");
  CHECK(complaint(many + "精") == "expected a number, found \"" + many + "…\"");
}

TEST_CASE("missing and infinite values are numbers where they are wanted") {
  const TemporaryFolder folder;
  TextReader reader(write_text(folder, "n.txt", "x"));
  reader.next();
  for (const char* missing : {"", " ", "?", "NaN", "nan", "NA", "#N/A"}) CHECK(std::isnan(reader.any_number(missing)));
  CHECK(reader.any_number("-inf") == -HUGE_VAL);
  CHECK(reader.any_number("1e300") == 1e300);
  CHECK(reader.any_number("1e400") == HUGE_VAL);
}

TEST_CASE("numbers are read under a locale with commas in them") {
  const CommaLocale comma;
  CHECK(number("1.5") == 1.5);
  CHECK(number("-1234.25e-2") == -12.3425);
  CHECK(complaint("1,5") == "expected a number, found \"1,5\"");
}

TEST_CASE("archives and other encodings are named") {
  const TemporaryFolder folder;
  const auto complaint_about = [&](const Bytes& bytes) {
    const auto file = folder.write("file", bytes);
    return message_of<FormatError>([&] { TextReader reader(file); });
  };
  const auto place = (folder.path() / "file").string() + ": at byte 0: expected text in UTF-8, found ";
  CHECK(says(complaint_about({0x1F, 0x8B, 8, 0, 0}), place + "1F 8B 08 00 (gzip: ", "read_file", "gunzip"));
  CHECK(says(complaint_about({'P', 'K', 3, 4, 20}), place, "ZIP"));
  CHECK(says(complaint_about({'B', 'Z', 'h', '9', '1', 'A', 'Y', '&', 'S', 'Y'}), place, "bzip2"));
  CHECK(says(complaint_about({0xFD, '7', 'z', 'X', 'Z', 0}), place, "xz"));
  CHECK(says(complaint_about({0x28, 0xB5, 0x2F, 0xFD}), place, "zstd"));
  CHECK(says(complaint_about({0xFF, 0xFE, 'a', 0}), place, "UTF-16"));
  CHECK(says(complaint_about({0xFE, 0xFF, 0, 'a'}), place, "UTF-16"));
  CHECK(says(complaint_about({0x89, 'P', 'N', 'G', 13, 10, 26, 10, 0}), place + "89 50 4E 47 (binary data)"));
  CHECK(says(complaint_about({'a', 0}), place + "61 00 (binary data)"));
}

TEST_CASE("text that begins as an archive does is text") {
  CHECK(lines("BZh9,1AY&SY\nPK,x\n") == std::vector<std::string>{"BZh9,1AY&SY", "PK,x"});
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
