// SPDX-License-Identifier: MIT
#include "odot/data/byte_source.hpp"

#include <doctest/doctest.h>

#include <string>

#include "data/idx_bytes.hpp"

using namespace odot;
using namespace odot::test;
using data::FileSource;

TEST_CASE("a file is read piece by piece to its end") {
  const TemporaryFolder folder;
  FileSource source(folder.write("file", ramp(100'000)));
  CHECK(source.size() == 100'000);
  source.require_size(100'000);
  Bytes front(60'000), back(40'000), none;
  source.read(front, "front");
  CHECK(source.offset() == 60'000);
  source.read(none, "nothing");
  source.read(back, "back");
  source.require_end();
  CHECK(joined(front, back) == ramp(100'000));
}

TEST_CASE("the rest of a file is read whole") {
  const TemporaryFolder folder;
  for (const std::size_t size : {0u, 5u, 65'535u, 65'536u, 300'000u}) {
    FileSource source(folder.write("file", ramp(size)));
    const std::string rest = source.read_rest();
    CHECK(Bytes(rest.begin(), rest.end()) == ramp(size));
    CHECK(source.offset() == size);
    source.require_end();
  }
  FileSource source(folder.write("file", {'a', 'b', 'c'}));
  Bytes first(1);
  source.read(first, "first");
  CHECK(source.read_rest() == "bc");
}

TEST_CASE("reading past the end says what is missing") {
  const TemporaryFolder folder;
  const auto file = folder.write("file", ramp(10));
  FileSource source(file);
  Bytes bytes(12);
  CHECK_THROWS_WITH_AS(
      source.read(bytes, "pixels"),
      (file.string() + ": at byte 10: expected 12 bytes of pixels, found the end of the file after 10 of them").c_str(),
      FormatError);
}

TEST_CASE("bytes after the end are shown") {
  const TemporaryFolder folder;
  const auto file = folder.write("file", {1, 2, 0xAB});
  FileSource source(file);
  Bytes bytes(2);
  source.read(bytes, "pixels");
  CHECK_THROWS_WITH_AS(
      source.require_end(),
      (file.string() + ": at byte 2: expected the end of the file, found more bytes, AB first").c_str(), FormatError);
}

TEST_CASE("another size than expected is an error at the first byte that is missing or too much") {
  const TemporaryFolder folder;
  const FileSource source(folder.write("file", ramp(10)));
  CHECK(says(message_of<FormatError>([&] { source.require_size(12); }), "at byte 10", "12 bytes", "10 bytes"));
  CHECK(says(message_of<FormatError>([&] { source.require_size(7); }), "at byte 7", "7 bytes", "10 bytes"));
}

TEST_CASE("bytes print in hexadecimal") {
  CHECK(data::detail::hex(Bytes{0x00, 0x1F, 0xF0}) == "00 1F F0");
  CHECK(data::detail::hex(Bytes{}) == "");
}
