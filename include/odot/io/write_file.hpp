#pragma once
// SPDX-License-Identifier: MIT
// Files that are either whole or not there: written under a temporary name, then renamed.

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

#include "odot/core/error.hpp"

#if __has_include(<unistd.h>)
#include <fcntl.h>
#include <unistd.h>
#endif

namespace odot::io {

/// Creates a folder and those above it. Throws FileError if that can't be done or a file is in the way.
inline void create_folder(const std::filesystem::path& folder) {
  if (folder.empty()) throw FileError("\"\"", "expected the name of a folder, found an empty one");
  std::error_code error;
  const std::filesystem::file_status found = std::filesystem::status(folder, error);
  if (std::filesystem::exists(found) && !std::filesystem::is_directory(found))
    throw FileError(folder.string(), "expected a folder, found a file; choose another one");
  std::filesystem::create_directories(folder, error);
  if (error) throw FileError(folder.string(), "can't create the folder: " + error.message() + "; choose another one");
}

/// Replaces a file's content. After an error, or a crash at any time, the old file is still there, whole. Any number of
/// threads and processes may write the same file at once: it is always the whole of what one of them wrote. If the path
/// is a symbolic link, its target is replaced, or created if it is not there. A file keeps its permissions. Devices and
/// pipes are written as they are.
/// A crash may leave "<name>.partial" behind. After a power cut the file is the new one or, if it was just written, the
/// old one; never a part.
/// Errors  FileError: no permission, a folder in the way, a folder that is not there, a loop of symbolic links, a full
///         disk, …
ODOT_FUNCTION void write_file(const std::filesystem::path& path, std::string_view content);

/// Changes nothing, and throws FileError if write_file would: so a program finds out before long work whose result goes
/// into a file. (It can't foresee a disk that is full later.)
/// Errors  FileError, as write_file
ODOT_FUNCTION void require_writable(const std::filesystem::path& path);

/// Flushes a folder's list of files to the disk. Afterwards, a file that write_file wrote there survives a power cut.
/// Errors  FileError: the disk fails
ODOT_FUNCTION void sync_folder(const std::filesystem::path& folder);

#if ODOT_DEFINITIONS

namespace detail {

[[noreturn]] inline void fail_to_write(const std::filesystem::path& path, const std::string& what, int error) {
  throw FileError(path.string(), what + ": " + std::generic_category().message(error));
}

/// Flushes what was written to a file to the disk. Returns an error as a value of errno; 0: none.
inline int to_disk([[maybe_unused]] int file) {
#if __has_include(<unistd.h>)
  while (fsync(file) != 0) {
    if (errno == EINVAL || errno == ENOSYS || errno == ENOTSUP) return 0;  // there is no disk, or no such call
    if (errno != EINTR) return errno;
  }
#endif
  return 0;
}

/// Writes all of the content and closes the file. Returns the first error, a value of errno; 0: none.
inline int write_and_close(std::FILE* file, std::string_view content, bool regular) {
  int error = 0;
  const auto failed = [&error] {
    if (error == 0) error = errno == 0 ? EIO : errno;
  };
  errno = 0;
  if (std::fwrite(content.data(), 1, content.size(), file) != content.size()) failed();
  if (std::fflush(file) != 0) failed();
#if __has_include(<unistd.h>)
  if (error == 0 && regular) error = to_disk(fileno(file));
#endif
  if (std::fclose(file) != 0) failed();
  return error;
}

/// Creates and opens a file of a name that no other thread or process uses: "<path>.partial", "<path>.partial-2", …
/// Null, and errno set, where that can't be done.
inline std::FILE* create_beside(const std::filesystem::path& path, std::filesystem::path& name) {
  for (int attempt = 1; attempt <= 10'000; ++attempt) {
    name = path;
    name += attempt == 1 ? ".partial" : ".partial-" + std::to_string(attempt);
    if (std::FILE* file = std::fopen(name.string().c_str(), "wbx")) return file;
    if (errno != EEXIST) return nullptr;
  }
  return nullptr;
}

/// The file that a chain of symbolic links ends in, or where it would be. Throws FileError for a loop of them.
inline std::filesystem::path behind_links(const std::filesystem::path& path) {
  constexpr int most_links = 40;  // as systems follow them
  std::filesystem::path target = path;
  std::error_code error;
  for (int links = 0; std::filesystem::is_symlink(std::filesystem::symlink_status(target, error)); ++links) {
    const std::filesystem::path next = std::filesystem::read_symlink(target, error);
    if (error) fail_to_write(path, "can't be written", error.value());
    if (links == most_links) fail_to_write(path, "can't be written", ELOOP);
    target = target.parent_path() / next;  // next alone where it is an absolute path
  }
  return target;
}

/// A new, open file beside `target`, which is what `path` stands for.
struct Temporary {
  Temporary(const std::filesystem::path& path, const std::filesystem::path& target)
      : file(create_beside(target, name)) {
    if (file) return;
    const int error = errno;
    fail_to_write(path, target != path ? "can't be written, as a link to " + target.string() : "can't be written",
                  error);
  }
  void remove() const {
    std::error_code ignored;
    std::filesystem::remove(name, ignored);
  }

  std::filesystem::path name;
  std::FILE* file;
};

}  // namespace detail

ODOT_FUNCTION void require_writable(const std::filesystem::path& path) {
  std::error_code ignored;
  const std::filesystem::file_status found = std::filesystem::status(path, ignored);
  if (std::filesystem::is_directory(found))
    throw FileError(path.string(), "expected a file or nothing, found a folder; choose another place");
  if (std::filesystem::is_other(found)) {  // to open a pipe would wait for its reader
#if __has_include(<unistd.h>)
    if (access(path.c_str(), W_OK) != 0) detail::fail_to_write(path, "can't be written", errno);
#endif
    return;
  }
  const detail::Temporary made(path, detail::behind_links(path));
  std::fclose(made.file);
  made.remove();
}

ODOT_FUNCTION void write_file(const std::filesystem::path& path, std::string_view content) {
  std::error_code ignored;
  const std::filesystem::file_status old = std::filesystem::status(path, ignored);
  if (std::filesystem::is_other(old)) {
    std::FILE* file = std::fopen(path.string().c_str(), "wb");
    if (!file) detail::fail_to_write(path, "can't be written", errno);
    if (const int error = detail::write_and_close(file, content, false))
      detail::fail_to_write(path, "writing broke off", error);
    return;
  }
  const std::filesystem::path target = detail::behind_links(path);
  const detail::Temporary temporary(path, target);
  const auto fail = [&](const char* what, int error) {
    temporary.remove();
    detail::fail_to_write(path, what, error);
  };
  if (const int error = detail::write_and_close(temporary.file, content, true)) fail("writing broke off", error);
  if (std::filesystem::is_regular_file(old)) std::filesystem::permissions(temporary.name, old.permissions(), ignored);
  if (std::rename(temporary.name.string().c_str(), target.string().c_str()) != 0)
    fail("can't be renamed into place", errno);
}

ODOT_FUNCTION void sync_folder([[maybe_unused]] const std::filesystem::path& folder) {
#if __has_include(<unistd.h>)
  const int opened = open(folder.c_str(), O_RDONLY | O_CLOEXEC);
  if (opened < 0) return;  // it may be written but not read
  const int error = detail::to_disk(opened);
  close(opened);
  if (error) detail::fail_to_write(folder, "the folder can't be flushed to the disk", error);
#endif
}

#endif

}  // namespace odot::io
