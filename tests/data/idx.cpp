// SPDX-License-Identifier: MIT
#include "odot/data/idx.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <string>

#include "core/allocations.hpp"
#include "data/idx_bytes.hpp"

using namespace odot;
using namespace odot::test;
using data::read_idx;

TEST_CASE("reads images") {
  const TemporaryFolder folder;
  const data::Idx<3> idx = read_idx<3>(folder.write("images", idx_bytes({2, 3, 4}, ramp(24))));
  CHECK(idx.extents == std::array<std::uint32_t, 3>{2, 3, 4});
  CHECK(idx.values == ramp(24));
}

TEST_CASE("reads labels, and extents of more than one byte") {
  const TemporaryFolder folder;
  const data::Idx<1> idx = read_idx<1>(folder.write("labels", idx_bytes({70'000}, ramp(70'000))));
  CHECK(idx.extents[0] == 70'000);
  CHECK(idx.values == ramp(70'000));
}

TEST_CASE("rejects a file cut at any byte, and says where") {
  const TemporaryFolder folder;
  const Bytes whole = idx_bytes({2, 3, 4}, ramp(24));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto file = folder.write("images", truncated(whole, size));
    const std::string message = message_of<FormatError>([&] { read_idx<3>(file); });
    CAPTURE(message);
    CHECK(says(message, file.string(), "at byte " + std::to_string(size), "expected", "found"));
  }
}

TEST_CASE("rejects one extra byte") {
  const TemporaryFolder folder;
  const auto file = folder.write("images", joined(idx_bytes({2, 3, 4}, ramp(24)), {0}));
  CHECK_THROWS_WITH_AS(read_idx<3>(file),
                       (file.string() + ": at byte 40: expected a file of 40 bytes, found 41 bytes").c_str(),
                       FormatError);
}

TEST_CASE("rejects an empty file") {
  const TemporaryFolder folder;
  const auto file = folder.write("images", {});
  CHECK_THROWS_WITH_AS(
      read_idx<3>(file),
      (file.string() +
       ": at byte 0: expected 4 bytes of the IDX magic number, found the end of the file after 0 of them")
          .c_str(),
      FormatError);
}

TEST_CASE("rejects sizes that the file does not hold before it allocates for them") {
  const TemporaryFolder folder;
  const auto square = folder.write("square", idx_bytes({65536, 65536}, ramp(16)));
  const auto cube = folder.write("cube", idx_bytes({0xffffffff, 0xffffffff, 0xffffffff}, ramp(16)));
  const std::size_t before = allocated_bytes();
  const std::string too_large = message_of<FormatError>([&] { read_idx<2>(square); });
  if (sizeof(std::size_t) == 8) CHECK(says(too_large, "at byte 28", "4294967308 bytes", "28 bytes"));
  else CHECK(says(too_large, "at byte 8", "possible size", "65536 × 65536"));
  CHECK(says(message_of<FormatError>([&] { read_idx<3>(cube); }), "possible size", " × 4294967295"));
  CHECK(allocated_bytes() - before < 100'000);
}

TEST_CASE("a product of extents that wraps around to the file's size is no way in") {
  const TemporaryFolder folder;
  const auto file = folder.write("wrap", idx_bytes({65536, 65536, 65536, 65536}, {}));  // 2⁶⁴
  CHECK(says(message_of<FormatError>([&] { read_idx<4>(file); }), "possible size", " × 65536"));
}

TEST_CASE("rejects other ranks") {
  const TemporaryFolder folder;
  Bytes bytes = idx_bytes({2, 3, 4}, ramp(24));
  for (const int rank : {0, 1, 2, 4, 255}) {
    bytes[3] = static_cast<std::uint8_t>(rank);
    const auto file = folder.write("images", bytes);
    const std::string message = message_of<FormatError>([&] { read_idx<3>(file); });
    CHECK(says(message, "at byte 3: expected rank 3, found rank " + std::to_string(rank)));
  }
}

TEST_CASE("rejects other types") {
  const TemporaryFolder folder;
  Bytes bytes = idx_bytes({2, 3, 4}, ramp(24));
  bytes[2] = 0x0D;
  const auto file = folder.write("images", bytes);
  CHECK(says(message_of<FormatError>([&] { read_idx<3>(file); }), "at byte 2: expected IDX type 08", "found type 0D"));
}

TEST_CASE("rejects little-endian headers, and names them") {
  const TemporaryFolder folder;
  const auto magic = folder.write("magic", joined({3, 8, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0}, ramp(24)));
  CHECK(says(message_of<FormatError>([&] { read_idx<3>(magic); }), "at byte 0", "03 08 00 00", "little-endian"));
  const auto extents = folder.write("extents", joined({0, 0, 8, 3, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0}, ramp(24)));
  CHECK_THROWS_AS(read_idx<3>(extents), FormatError);
}

TEST_CASE("rejects an extent of 0") {
  const TemporaryFolder folder;
  const auto file = folder.write("images", idx_bytes({2, 0, 4}, {}));
  CHECK(says(message_of<FormatError>([&] { read_idx<3>(file); }),
             "at byte 8: expected an extent of at least 1, found 0"));
}

TEST_CASE("rejects foreign files") {
  const TemporaryFolder folder;
  const auto png = folder.write("png", {0x89, 'P', 'N', 'G', 0x0D, 0x0A, 0x1A, 0x0A});
  CHECK(says(message_of<FormatError>([&] { read_idx<3>(png); }), "at byte 0", "00 00 08 03", "89 50 4E 47"));
  const auto text = folder.write("text", {'<', 'h', 't', 'm', 'l', '>'});
  CHECK(says(message_of<FormatError>([&] { read_idx<1>(text); }), "at byte 0", "00 00 08 01", "3C 68 74 6D"));
  const auto gzip = folder.write("gzip", {0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3});
  CHECK(says(message_of<FormatError>([&] { read_idx<1>(gzip); }), "1F 8B 08 00", "read_file"));
}

TEST_CASE("says which file is not there or is none") {
  const TemporaryFolder folder;
  const auto missing = folder.path() / "missing";
  CHECK(says(message_of<FileError>([&] { read_idx<3>(missing); }), missing.string(), "check the path"));
  CHECK(says(message_of<FileError>([&] { read_idx<3>(folder.path()); }), folder.path().string(), "not a regular file"));
}
