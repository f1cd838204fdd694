// SPDX-License-Identifier: MIT
#include "odot/io/folder_lock.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <thread>
#include <utility>

#include "data/temporary_folder.hpp"
#include "odot/io/checkpoint.hpp"

#if __has_include(<sys/wait.h>)
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#endif

using namespace odot;
using namespace odot::test;

#ifdef LOCK_EX

TEST_CASE("a lock is one object's, until it is released, moved or destroyed") {
  const TemporaryFolder folder;
  const auto file = folder.path() / "lock";
  io::FolderLock none;
  CHECK_FALSE(none);
  {
    io::FolderLock first(file);
    CHECK(first);
    CHECK_FALSE(io::FolderLock(file));
    CHECK(io::FolderLock(folder.path() / "another"));
    io::FolderLock moved(std::move(first));
    CHECK(moved);
    CHECK_FALSE(first);  // NOLINT: what was moved from holds nothing
    CHECK_FALSE(io::FolderLock(file));
    none = std::move(moved);
  }
  CHECK_FALSE(io::FolderLock(file));
  none.release();
  CHECK(io::FolderLock(file));
}

TEST_CASE("a folder belongs to one Checkpoint until its training ends, and can be read by others") {
  const TemporaryFolder folder;
  io::Checkpoint first(folder.path());
  const std::string text = message_of<FileError>([&] { io::Checkpoint second(folder.path()); });
  CHECK(says(text, folder.path().string(), "another training keeps its checkpoints in this folder"));
  CHECK_FALSE(io::CheckpointFolder(folder.path()).latest());
  CHECK(says(message_of<FileError>([&] { io::CheckpointFolder(folder.path() / "none").latest(); }), "can't be read"));
  CHECK_FALSE(std::filesystem::exists(folder.path() / "none"));
  first.on_end({});
  {
    io::Checkpoint second(folder.path());
    CHECK(says(message_of<FileError>([&] { first.on_begin({}); }), "another training"));
    CHECK(says(message_of<FileError>([&] { first.latest(); }), "another training"));
    CHECK(says(message_of<FileError>([&] { first.start_over(); }), "another training"));
  }
  first.on_begin({});
  CHECK(says(message_of<FileError>([&] { io::Checkpoint second(folder.path()); }), "another training"));
}

TEST_CASE("checkpoints can be read while a training replaces them") {
  const TemporaryFolder folder;
  io::CheckpointFolder written(folder.path()), read(folder.path());
  const auto write = [&](std::size_t step) {
    Snapshot kept;
    kept.set_fact("step", step);
    written.write(step, std::move(kept));
    written.remove_old(1, 1);
  };
  write(1);
  std::atomic<bool> ended{false};
  std::thread training([&] {
    for (std::size_t step = 2; step <= 400; ++step) write(step);
    ended = true;
  });
  std::size_t newest = 0, wrong = 0;
  std::string error;
  while (!ended) {
    try {
      const std::uint64_t step = read.latest().value().required_count("step");
      if (step < newest || !read.skipped().empty()) ++wrong;
      newest = step;
    } catch (const FileError& found) {
      error = found.what();
    }
  }
  training.join();
  CHECK(error == "");
  CHECK(wrong == 0);
  CHECK(read.latest().value().required_count("step") == 400);
}

TEST_CASE("a folder that can't be written is not claimed") {
  const TemporaryFolder folder;
  const auto in_the_way = folder.path() / "checkpoint-0.safetensors";
  std::filesystem::create_directory(in_the_way);
  io::CheckpointFolder claimed(folder.path());
  for (int i = 0; i < 2; ++i) CHECK(says(message_of<FileError>([&] { claimed.claim(); }), "found a folder"));
  std::filesystem::remove(in_the_way);
  CHECK_NOTHROW(io::Checkpoint(folder.path()));
}

#if __has_include(<sys/wait.h>)
TEST_CASE("a program that is killed has its folder no more") {
  const TemporaryFolder folder;
  int ready[2];
  REQUIRE(pipe(ready) == 0);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    io::Checkpoint checkpoint(folder.path());
    if (write(ready[1], "x", 1) != 1) _exit(1);
    for (;;) pause();
  }
  char byte = 0;
  CHECK(read(ready[0], &byte, 1) == 1);
  CHECK(says(message_of<FileError>([&] { io::Checkpoint checkpoint(folder.path()); }), "another training"));
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  io::Checkpoint checkpoint(folder.path());
  CHECK_FALSE(checkpoint.latest());
  close(ready[0]);
  close(ready[1]);
}
#endif

#endif
