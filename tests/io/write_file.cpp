// SPDX-License-Identifier: MIT
#include "odot/io/write_file.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "data/temporary_folder.hpp"

using namespace odot;
using namespace odot::test;
namespace fs = std::filesystem;

namespace {

std::string content(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::size_t entries(const fs::path& folder) {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : fs::directory_iterator(folder)) ++count;
  return count;
}

}  // namespace

TEST_CASE("a file is written byte for byte, and replaces an older one") {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "file";
  const std::string binary("a\0b\r\n\xff", 6);
  io::write_file(path, "older and longer than the new one");
  io::write_file(path, binary);
  CHECK(content(path) == binary);
  io::write_file(path, "");
  CHECK(fs::file_size(path) == 0);
  CHECK(entries(folder.path()) == 1);  // no temporary file is left
}

TEST_CASE("what can't be written is an error with the path, and leaves nothing behind") {
  const TemporaryFolder folder;
  const fs::path missing = folder.path() / "no such folder" / "file";
  CHECK(says(message_of<FileError>([&] { io::write_file(missing, "text"); }), missing.string(), "can't be written",
             "No such file or directory"));
  CHECK(entries(folder.path()) == 0);
}

TEST_CASE("a file that can't be replaced stays as it was, and no part of the new one is left") {
  const TemporaryFolder folder;
  const fs::path in_the_way = folder.path() / "name";
  folder.write("name/old", {1, 2, 3});  // a folder has the name already
  CHECK(says(message_of<FileError>([&] { io::write_file(in_the_way, "text"); }), in_the_way.string(),
             "can't be renamed into place"));
  CHECK(fs::is_directory(in_the_way));
  CHECK(entries(in_the_way) == 1);
  CHECK(entries(folder.path()) == 1);
}

TEST_CASE("a leftover of a crash is written over") {
  const TemporaryFolder folder;
  folder.write("file", {'o', 'l', 'd'});
  folder.write("file.partial", {'h', 'a', 'l'});
  io::write_file(folder.path() / "file", "new");
  CHECK(content(folder.path() / "file") == "new");
  CHECK(entries(folder.path()) == 1);
}

TEST_CASE("folders are made with those above them, and may be there already") {
  const TemporaryFolder folder;
  const fs::path deep = folder.path() / "a" / "b" / "c";
  io::create_folder(deep);
  CHECK(fs::is_directory(deep));
  CHECK_NOTHROW(io::create_folder(deep));
}

TEST_CASE("a file in a folder's place is an error with the path") {
  const TemporaryFolder folder;
  const fs::path file = folder.write("file", {1});
  CHECK(
      says(message_of<FileError>([&] { io::create_folder(file); }), file.string(), "expected a folder, found a file"));
  CHECK(says(message_of<FileError>([&] { io::create_folder(file / "below"); }), (file / "below").string()));
  CHECK(fs::file_size(file) == 1);
}
