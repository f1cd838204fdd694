// SPDX-License-Identifier: MIT
#include "odot/data/ts.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "data/text_file.hpp"

using namespace odot;
using namespace odot::test;

namespace {

using S = Shape<4, 2>;

const std::string header =
    "#a comment\n"
    "@problemName Small\n"
    "@timeStamps false\n"
    "@missing false\n"
    "@univariate false\n"
    "@dimensions 2\n"
    "@equalLength false\n"
    "@classLabel true one two\n"
    "@data\n";

data::Sequences<S> read(const std::string& text) {
  const TemporaryFolder folder;
  return data::read_ts<S>(write_text(folder, "small.ts", text));
}

/// The message after the path: ":line:column: …".
std::string complaint(const std::string& text) {
  const TemporaryFolder folder;
  const auto file = write_text(folder, "small.ts", text);
  const std::string message = message_of<TextFormatError>([&] { data::read_ts<S>(file); });
  CAPTURE(message);
  REQUIRE(message.starts_with(file.string() + ":"));
  return message.substr(file.string().size());
}

/// The same for the small header with one line put in the place of the line that begins with `key`.
std::string complaint_with(const std::string& key, const std::string& line) {
  std::string text = header;
  const std::size_t at = text.find(key);
  text.replace(at, text.find('\n', at) - at, line);
  return complaint(text + "1:2:one\n");
}

}  // namespace

TEST_CASE("sequences are read token by token, padded with 0, and labels are the classes' positions") {
  const auto set = read(header + "1,2,3:-1,-2,-3:two\n\n# between\n 5 , 6e0:0.5,.25: one \n1,2,3,4:5,6,7,8:one");
  CHECK(set.name == "Small");
  CHECK(set.classes == std::vector<std::string>{"one", "two"});
  CHECK(set.size() == 3);
  CHECK(set.lengths == std::vector<std::int32_t>{3, 2, 4});
  CHECK(set.labels == std::vector<std::int32_t>{1, 0, 0});
  CHECK(set.values == std::vector<float>{1, -1,   2, -2,    3, -3, 0, 0,  //
                                         5, 0.5f, 6, 0.25f, 0, 0,  0, 0,  //
                                         1, 5,    2, 6,     3, 7,  4, 8});
  CHECK_FALSE(set.synthetic);
}

TEST_CASE("CR LF lines, keys in any case and the archive's other spellings are read") {
  std::string text = header + "1:2:one\n";
  text.replace(text.find("@dimensions"), 11, "@DIMENSION");
  for (std::size_t at = text.find('\n'); at != std::string::npos; at = text.find('\n', at + 2)) text.insert(at, "\r");
  const auto set = read(text);
  CHECK(set.labels == std::vector<std::int32_t>{0});
  CHECK(set.values == std::vector<float>{1, 2, 0, 0, 0, 0, 0, 0});
}

TEST_CASE("a header that announces what this reader does not have is rejected") {
  CHECK(complaint_with("@timeStamps", "@timeStamps true") ==
        ":3:13: expected @timeStamps false; time stamps are not supported, found \"true\"");
  CHECK(says(complaint_with("@missing", "@missing true"), ":4:10: expected @missing false"));
  CHECK(complaint_with("@univariate", "@univariate true") == ":5:13: expected false, found \"true\"");
  CHECK(complaint_with("@dimensions", "@dimensions 3") == ":6:13: expected @dimensions 2, found \"3\"");
  CHECK(says(complaint_with("@classLabel", "@classLabel false"), ":8:13: expected @classLabel true and the names"));
  CHECK(complaint_with("@equalLength", "@seriesLength 5") == ":7:15: expected a length of at most 4, found \"5\"");
}

TEST_CASE("a broken header is rejected") {
  CHECK(says(complaint_with("@missing", "@speed 3"), ":4:1: expected @problemName, ", "found \"@speed\""));
  CHECK(says(complaint_with("@missing", "missing"), ":4:1: expected @problemName, ", "found \"missing\""));
  CHECK(complaint_with("@missing", "@timeStamps false") ==
        ":4:1: expected every key once, found \"@timeStamps\" again");
  CHECK(complaint_with("@missing", "@missing") == ":4:1: expected @missing true or false, found \"@missing\"");
  CHECK(complaint_with("@missing", "@missing no") == ":4:10: expected @missing true or false, found \"no\"");
  for (const char* count : {"", " two", " -2", " 0", " 2.5", " 2 2", " 99999999999999999999999"})
    CHECK(says(complaint_with("@dimensions", "@dimensions" + std::string(count)), "a number of at least 1"));
  CHECK(says(complaint_with("@classLabel", "@classLabel true"), "the names of the classes"));
  CHECK(complaint_with("@classLabel", "@classLabel true a a") == ":8:20: expected every class once, found \"a\" again");
  CHECK(complaint_with("@classLabel", "# none") == ":9:1: expected @classLabel before @data, found \"@data\"");
  CHECK(says(complaint_with("@data", "# none"), ":10:1: expected @problemName"));  // a sequence in the header
  CHECK(says(complaint(""), "@data and sequences after the header, found the end of the file"));
  CHECK(says(complaint("@problemName x\n"), "@data and sequences after the header, found the end of the file"));
}

TEST_CASE("no sequences are rejected") {
  CHECK(says(complaint(header), "expected sequences after @data, found the end of the file"));
  CHECK(says(complaint(header + "\n# nothing\n"), "expected sequences after @data"));
}

TEST_CASE("sequences that do not fit are rejected with line and column") {
  CHECK(complaint(header + "1,2:3,4\n") == ":10:5: expected 2 dimensions and a label, separated by ':', found 2 parts");
  CHECK(complaint(header + "1:2:3:one\n") ==
        ":10:7: expected 2 dimensions and a label, separated by ':', found 4 parts");
  CHECK(complaint(header + "1:2:one\n1,2:3:one\n") ==
        ":11:5: expected 2 steps in dimension 2, as in the first, found 1");
  CHECK(complaint(header + "1,2,3,4,5:1,2,3,4,5:one\n") == ":10:9: expected at most 4 steps, found 5");
  CHECK(complaint(header + "1:2:three\n") == ":10:5: expected a label that @classLabel names, found \"three\"");
  CHECK(complaint(header + "1:2:\n") == ":10:5: expected a label that @classLabel names, found nothing");
  CHECK(complaint(header + "1,?:2,3:one\n") == ":10:3: expected a number, found a missing value, \"?\"");
  CHECK(complaint(header + "1,2:2,NaN:one\n") == ":10:7: expected a number, found a missing value, \"NaN\"");
  CHECK(complaint(header + "1,:2,3:one\n") == ":10:3: expected a number, found nothing");
  CHECK(complaint(header + ":2:one\n") == ":10:1: expected a number, found nothing");
  CHECK(complaint(header + "1,x:2,3:one\n") == ":10:3: expected a number, found \"x\"");
  CHECK(complaint(header + "(0,1):2,3:one\n") == ":10:1: expected a number, found \"(0\"");
}

TEST_CASE("with @equalLength and @seriesLength every sequence has that length") {
  std::string text = header;
  text.replace(text.find("@equalLength false"), 18, "@equalLength true\n@seriesLength 2");
  CHECK(read(text + "1,2:3,4:one\n").lengths == std::vector<std::int32_t>{2});
  CHECK(complaint(text + "1,2:3,4:one\n1:2:two\n") ==
        ":12:1: expected 2 steps in dimension 1, as @seriesLength says, found 1");
}

TEST_CASE("a file cut at any byte is an error or a shorter set") {
  const std::string text = header + "1,2,3:-1,-2,-3:two\n5,6:0.5,0.25:one\n";
  const auto whole = read(text);
  for (std::size_t size = 0; size < text.size(); ++size) {
    CAPTURE(size);
    try {
      const auto part = read(text.substr(0, size));
      REQUIRE(part.size() <= whole.size());
      CHECK(std::equal(part.labels.begin(), part.labels.end(), whole.labels.begin()));
      CHECK(std::equal(part.values.begin(), part.values.end(), whole.values.begin()));
      CHECK(size >= text.size() - 18);  // the first sequence is whole
    } catch (const TextFormatError& error) {
      CHECK(says(error.what(), "expected"));
    }
  }
}
