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
  CHECK(set.targets == std::vector<std::int32_t>{1, 0, 0});
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
  CHECK(set.targets == std::vector<std::int32_t>{0});
  CHECK(set.values == std::vector<float>{1, 2, 0, 0, 0, 0, 0, 0});
}

TEST_CASE("headers are read as loosely as archives write them") {
  const auto read_with = [](const std::string& key, const std::string& line) {
    std::string text = header;
    const std::size_t at = text.find(key);
    text.replace(at, text.find('\n', at) - at, line);
    const auto set = read(text + "1,2:3,4:two\n5:6:one\n");
    CAPTURE(line);
    CHECK(set.lengths == std::vector<std::int32_t>{2, 1});
    CHECK(set.targets == std::vector<std::int32_t>{1, 0});
    return set;
  };
  read_with("#a comment", "\xEF\xBB\xBF#a comment");
  read_with("#a comment", "%a comment\n%\n   % another\n\t#");
  read_with("@timeStamps", "@timeStamps false\n@timestamps\tFALSE ");  // twice
  read_with("@missing", "@missing true");                              // there is none in the sequences
  read_with("@missing", "@missing");
  read_with("@univariate", "@univariate true");  // two dimensions are what there is
  read_with("@dimensions", "");                  // not said
  read_with("@dimensions", "@dimension 3");
  read_with("@dimensions", "@dimensions\t2\n@seriesLength 0\n@seriesLength 99999999999999999999999");
  read_with("@equalLength", "  @EQUALLENGTH  False\t");
  read_with("@classLabel", "@targetLabel false\n@classLabel TRUE one two");
  read_with("@classLabel", "@classLabel true three\n@classlabel\ttrue  one\ttwo one");  // the last one counts
  read_with("@classLabel", "@speed 3\nclasses: two\n@classLabel true one two");         // unknown
  CHECK(read_with("@problemName", "@problemName").name == "");
  CHECK(read_with("@problemName", "@PROBLEMNAME Other").name == "Other");
}

TEST_CASE("without @classLabel the classes are the labels that occur, sorted") {
  std::string text = header;
  text.erase(text.find("@classLabel"), text.find("@data") - text.find("@classLabel"));
  const auto set = read(text + "1:2:b\n3:4:a\n5:6:c\n7:8:b\n");
  CHECK(set.classes == std::vector<std::string>{"a", "b", "c"});
  CHECK(set.targets == std::vector<std::int32_t>{1, 0, 2, 1});
}

TEST_CASE("labels are found in any case, and as numbers") {
  const auto labels_of = [](const std::string& classes, const std::vector<std::string>& labels) {
    std::string text = "@classLabel true " + classes + "\n@data\n";
    for (const std::string& label : labels) text += "1:2:" + label + "\n";
    return read(text).targets;
  };
  using Labels = std::vector<std::int32_t>;
  CHECK(labels_of("Walking STANDING", {"walking", "Standing"}) == Labels{0, 1});
  CHECK(labels_of("A a", {"a", "A"}) == Labels{1, 0});  // exactly before in any case
  CHECK(labels_of("1 2 10", {"1.0", "10.00", "2"}) == Labels{0, 2, 1});
  CHECK(labels_of("1.0 -1.0", {"-1", "+1"}) == Labels{1, 0});
}

TEST_CASE("values are read as the usual programs write them") {
  const auto set = read(
      "\xEF\xBB\xBF"
      "@classLabel true one\r\n@data\r\n\r\n+1, 2.:\t.5 ,1e-400:one\r\n% between\r\n\r\n");
  CHECK(set.values == std::vector<float>{1, 0.5f, 2, 0, 0, 0, 0, 0});
  const auto small = read("@classLabel true one\r@data\r1e-46:-1e-40:one");
  CHECK(small.values[0] == 0);
  CHECK(small.values[1] == -1e-40f);
}

TEST_CASE("a header that announces what this reader does not have is rejected") {
  CHECK(complaint_with("@timeStamps", "@timeStamps true") ==
        ":3:13: expected @timeStamps false; time stamps are not supported, found \"true\"");
  CHECK(says(complaint_with("@timeStamps", "@timestamps\tTRUE"), ":3:13: expected @timeStamps false"));
  CHECK(says(complaint_with("@classLabel", "@classLabel false"), ":8:13: expected @classLabel true and the names"));
  CHECK(says(complaint_with("@classLabel", "@targetlabel true"), ":8:14: expected @classLabel true and the names",
             "targets"));
}

TEST_CASE("a broken header is rejected") {
  CHECK(says(complaint_with("@classLabel", "@classLabel"), ":8:1: expected @classLabel true and the names"));
  CHECK(says(complaint_with("@classLabel", "@classLabel true"), "the names of the classes"));
  CHECK(says(complaint_with("@classLabel", "@classLabel one two"), "the names of the classes"));
  CHECK(complaint_with("@data", "@data 1:2:one") ==
        ":9:7: expected the end of the line after @data, and sequences from the next one on, found \"1:2:one\"");
  CHECK(says(complaint_with("@data", "# none"), "@data and sequences after the header, found the end of the file"));
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
  CHECK(complaint(header + "1:2:\n") == ":10:5: expected a label, found nothing");
  CHECK(complaint(header + "1,?:2,3:one\n") == ":10:3: expected a number, found a missing value, \"?\"");
  CHECK(complaint(header + "1,2:2,NaN:one\n") == ":10:7: expected a number, found a missing value, \"NaN\"");
  CHECK(complaint(header + "1,:2,3:one\n") == ":10:3: expected a number, found nothing");
  CHECK(complaint(header + ":2:one\n") == ":10:1: expected a number, found nothing");
  CHECK(complaint(header + "1,x:2,3:one\n") == ":10:3: expected a number, found \"x\"");
  CHECK(complaint(header + "(0,1):2,3:one\n") == ":10:1: expected a number, found \"(0\"");
}

TEST_CASE("with @equalLength every sequence is as long as the first") {
  std::string text = header;
  text.replace(text.find("@equalLength false"), 18, "@equalLength true\n@seriesLength 3");
  CHECK(read(text + "1,2:3,4:one\n5,6:7,8:two\n").lengths == std::vector<std::int32_t>{2, 2});
  CHECK(complaint(text + "1,2:3,4:one\n1:2:two\n") ==
        ":12:1: expected 2 steps, as the first sequence has and @equalLength says, found 1");
}

TEST_CASE("a file cut at any byte is an error or a shorter set") {
  const std::string text = header + "1,2,3:-1,-2,-3:two\n5,6:0.5,0.25:one\n";
  const auto whole = read(text);
  for (std::size_t size = 0; size < text.size(); ++size) {
    CAPTURE(size);
    try {
      const auto part = read(text.substr(0, size));
      REQUIRE(part.size() <= whole.size());
      CHECK(std::equal(part.targets.begin(), part.targets.end(), whole.targets.begin()));
      CHECK(std::equal(part.values.begin(), part.values.end(), whole.values.begin()));
      CHECK(size >= text.size() - 18);  // the first sequence is whole
    } catch (const TextFormatError& error) {
      CHECK(says(error.what(), "expected"));
    }
  }
}
