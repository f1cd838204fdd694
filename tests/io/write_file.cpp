// SPDX-License-Identifier: MIT
#include "odot/io/write_file.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <csignal>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#if __has_include(<sys/resource.h>)
#include <sys/resource.h>
#endif
#if __has_include(<unistd.h>)
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

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

TEST_CASE("a leftover of a crash is in nobody's way") {
  const TemporaryFolder folder;
  folder.write("file", {'o', 'l', 'd'});
  folder.write("file.partial", {'h', 'a', 'l'});
  io::write_file(folder.path() / "file", "new");
  CHECK(content(folder.path() / "file") == "new");
  CHECK(content(folder.path() / "file.partial") == "hal");  // it may be another process's, at work
  CHECK(entries(folder.path()) == 2);
}

TEST_CASE("many may write the same file at once") {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "file";
  constexpr std::size_t writers = 6, size = 100'000;
  std::atomic<int> failed{0};
  std::vector<std::thread> threads;
  for (std::size_t w = 0; w < writers; ++w)
    threads.emplace_back([&, w] {
      const std::string mine(size + w, static_cast<char>('a' + w));
      for (int i = 0; i < 20; ++i) {
        try {
          io::write_file(path, mine);
        } catch (const FileError&) {
          ++failed;
        }
        const std::string read = content(path);
        if (read.size() < size || read != std::string(size + static_cast<std::size_t>(read[0] - 'a'), read[0]))
          ++failed;
      }
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(failed == 0);
  CHECK(entries(folder.path()) == 1);
}

#if __has_include(<sys/resource.h>)

TEST_CASE("where the disk is full the old file stays, and the reason is said") {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "file";
  io::write_file(path, "old");
  // A limit on the size of files is the full disk that a test can have.
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  for (const rlim_t limit : {0u, 1u, 5'000u, 100'000u}) {  // before, in and after the first buffer
    const rlimit small{limit, before.rlim_max};
    setrlimit(RLIMIT_FSIZE, &small);
    const std::string message = message_of<FileError>([&] { io::write_file(path, std::string(100'001, 'x')); });
    setrlimit(RLIMIT_FSIZE, &before);
    CHECK(says(message, path.string(), "writing broke off: ", "arge"));  // "File too large"
    CHECK(content(path) == "old");
    CHECK(entries(folder.path()) == 1);
  }
  std::signal(SIGXFSZ, handler);
}

#endif

#if __has_include(<unistd.h>)

TEST_CASE("pipes and devices are written, not replaced") {
  const TemporaryFolder folder;
  const fs::path pipe = folder.path() / "pipe";
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  const int reader = open(pipe.c_str(), O_RDONLY | O_NONBLOCK);
  REQUIRE(reader >= 0);
  io::write_file(pipe, "text");
  char read_back[8] = {};
  CHECK(read(reader, read_back, sizeof read_back) == 4);
  CHECK(std::string(read_back) == "text");
  close(reader);
  CHECK(fs::is_fifo(pipe));
  CHECK(entries(folder.path()) == 1);
}

TEST_CASE("a file keeps its permissions, and a link stays one") {
  const TemporaryFolder folder;
  const fs::path path = folder.write("file", {'o', 'l', 'd'}), link = folder.path() / "link";
  fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write);
  fs::create_symlink("file", link);
  io::write_file(link, "new");
  CHECK(fs::is_symlink(link));
  CHECK(content(path) == "new");
  CHECK(fs::status(path).permissions() == (fs::perms::owner_read | fs::perms::owner_write));
  CHECK(entries(folder.path()) == 2);
}

TEST_CASE("a link to a file that is not there yet stays one, and the file is made where it points") {
  const TemporaryFolder folder;
  fs::create_directories(folder.path() / "store" / "deep");
  fs::create_directories(folder.path() / "logs");
  fs::create_symlink("../store/deep/file", folder.path() / "logs" / "second");
  fs::create_symlink(folder.path() / "logs" / "second", folder.path() / "first");  // absolute, then relative
  io::write_file(folder.path() / "first", "new");
  CHECK(content(folder.path() / "store" / "deep" / "file") == "new");
  CHECK(fs::is_symlink(folder.path() / "first"));
  CHECK(fs::is_symlink(folder.path() / "logs" / "second"));
  CHECK(entries(folder.path() / "store" / "deep") == 1);
  CHECK(entries(folder.path() / "logs") == 1);
  io::write_file(folder.path() / "first", "newer");
  CHECK(content(folder.path() / "store" / "deep" / "file") == "newer");
}

TEST_CASE("a link in a linked folder points from where the folder lies") {
  const TemporaryFolder folder;
  fs::create_directories(folder.path() / "a" / "b");
  fs::create_directory_symlink("a/b", folder.path() / "shortcut");
  fs::create_symlink("../file", folder.path() / "a" / "b" / "link");
  io::write_file(folder.path() / "shortcut" / "link", "new");
  CHECK(content(folder.path() / "a" / "file") == "new");
}

TEST_CASE("links in a circle, and one into a folder that is not there, are errors that leave them as they are") {
  const TemporaryFolder folder;
  const fs::path one = folder.path() / "one", two = folder.path() / "two", away = folder.path() / "away";
  fs::create_symlink("two", one);
  fs::create_symlink("one", two);
  fs::create_symlink("no such folder/file", away);
  CHECK(
      says(message_of<FileError>([&] { io::write_file(one, "text"); }), one.string(), "can't be written", "symbolic"));
  CHECK(says(message_of<FileError>([&] { io::write_file(away, "text"); }), away.string(), "no such folder/file",
             "No such file or directory"));
  for (const fs::path& link : {one, two, away}) CHECK(fs::is_symlink(link));
  CHECK(entries(folder.path()) == 3);
}

#endif

TEST_CASE("whether a file can be written is known without writing it, and nothing changes") {
  const TemporaryFolder folder;
  const fs::path old = folder.write("old", {'o', 'l', 'd'}), in_the_way = folder.path() / "name";
  folder.write("old.partial", {'h', 'a', 'l'});
  fs::create_directory(in_the_way);
  CHECK_NOTHROW(io::require_writable(old));
  CHECK_NOTHROW(io::require_writable(folder.path() / "new"));
  CHECK(says(message_of<FileError>([&] { io::require_writable(in_the_way); }), in_the_way.string(),
             "expected a file or nothing, found a folder"));
  const fs::path missing = folder.path() / "no such folder" / "file", below = old / "file";
  CHECK(says(message_of<FileError>([&] { io::require_writable(missing); }), missing.string(), "can't be written",
             "No such file or directory"));
  CHECK(says(message_of<FileError>([&] { io::require_writable(below); }), below.string(), "can't be written"));
  CHECK(content(old) == "old");
  CHECK(content(folder.path() / "old.partial") == "hal");
  CHECK(entries(folder.path()) == 3);
}

#if __has_include(<unistd.h>)

TEST_CASE("whether a link, a device or a pipe can be written is known too, without waiting for a reader") {
  const TemporaryFolder folder;
  const fs::path loop = folder.path() / "loop", away = folder.path() / "away", link = folder.path() / "link",
                 pipe = folder.path() / "pipe";
  fs::create_symlink("loop", loop);
  fs::create_symlink("no such folder/file", away);
  fs::create_symlink("file", link);
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  CHECK(says(message_of<FileError>([&] { io::require_writable(loop); }), loop.string(), "can't be written"));
  CHECK(says(message_of<FileError>([&] { io::require_writable(away); }), away.string(), "no such folder/file"));
  CHECK_NOTHROW(io::require_writable(link));
  CHECK_NOTHROW(io::require_writable(pipe));
  CHECK_NOTHROW(io::require_writable("/dev/null"));
  CHECK(entries(folder.path()) == 4);
}

TEST_CASE("a folder without permission is found out before anything is written") {
  const TemporaryFolder folder;
  const fs::path closed = folder.path() / "closed";
  fs::create_directory(closed);
  fs::permissions(closed, fs::perms::owner_read | fs::perms::owner_exec);
  if (access(closed.c_str(), W_OK) != 0) {  // root may write anywhere
    CHECK(says(message_of<FileError>([&] { io::require_writable(closed / "file"); }), (closed / "file").string(),
               "can't be written", "Permission denied"));
  }
  fs::permissions(closed, fs::perms::owner_all);
}

#endif

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

TEST_CASE("flushing a folder changes nothing, and a folder that can't be opened is no error") {
  const TemporaryFolder folder;
  folder.write("file", {1});
  io::sync_folder(folder.path());
  io::sync_folder(folder.path() / "none");
  CHECK(std::filesystem::file_size(folder.path() / "file") == 1);
}
