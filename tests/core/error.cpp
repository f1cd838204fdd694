// SPDX-License-Identifier: MIT
#include "odot/core/error.hpp"

#include <doctest/doctest.h>

#include <concepts>
#include <string>

using namespace odot;

static_assert(std::derived_from<Error, std::runtime_error>);
static_assert(std::derived_from<ArgumentError, Error> && std::derived_from<NonFiniteError, Error>);
static_assert(std::derived_from<FileError, Error> && std::derived_from<FormatError, FileError>);
static_assert(std::derived_from<TextFormatError, FileError>);

TEST_CASE("a file error says which file") {
  const FileError error("data/set.bin", "no such file; check the path");
  CHECK(error.path == "data/set.bin");
  CHECK(std::string(error.what()) == "data/set.bin: no such file; check the path");
}

TEST_CASE("a format error says file, byte, expected and found") {
  const FormatError error("set.bin", 5'000'000'000, "a label less than 10", "11");
  CHECK(error.path == "set.bin");
  CHECK(error.offset == 5'000'000'000);
  CHECK(std::string(error.what()) == "set.bin: at byte 5000000000: expected a label less than 10, found 11");
}

TEST_CASE("a text format error says file, line, column, expected and found") {
  const TextFormatError error("data/set.csv", 12, 3, "a number", "\"x\"");
  CHECK(error.path == "data/set.csv");
  CHECK(error.line == 12);
  CHECK(error.column == 3);
  CHECK(std::string(error.what()) == "data/set.csv:12:3: expected a number, found \"x\"");
}
