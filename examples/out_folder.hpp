#pragma once
// SPDX-License-Identifier: MIT
// OutFolder: a folder for a run's files, claimed before the work begins.

#include <odot/core/error.hpp>
#include <odot/io/write_file.hpp>

#include <cerrno>
#include <filesystem>
#include <initializer_list>
#include <string>
#include <system_error>
#include <utility>

#if __has_include(<sys/file.h>) && __has_include(<unistd.h>)
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>
#endif

namespace trainer {

/// While it exists, no other program can claim the folder, if the file system has locks: two runs would replace each
/// other's files.
/// Errors  FileError: the folder can't be made or written; one of the names belongs to something other than a file;
///         another program has claimed the folder
class OutFolder {
 public:
  OutFolder(const std::filesystem::path& folder, std::initializer_list<const char*> names) {
    odot::io::create_folder(folder);
    claim(folder);
    try {
      require_writable(folder, names);
      remove_leftovers(folder, names);
    } catch (...) {
      release();
      throw;
    }
  }
  OutFolder(OutFolder&& other) noexcept : lock_(std::exchange(other.lock_, -1)) {}
  OutFolder& operator=(OutFolder&&) = delete;
  ~OutFolder() { release(); }

 private:
  static void require_writable(const std::filesystem::path& folder, std::initializer_list<const char*> names) {
    for (const char* name : names) {
      std::error_code ignored;
      const auto found = std::filesystem::status(folder / name, ignored);
      if (std::filesystem::exists(found) && !std::filesystem::is_regular_file(found))
        throw odot::FileError((folder / name).string(), "expected a file or nothing; choose another folder");
      odot::io::require_writable(folder / name);
    }
  }

  /// Removes what a killed run has left of a file that it was writing. No other program has the folder now.
  static void remove_leftovers(const std::filesystem::path& folder, std::initializer_list<const char*> names) {
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(folder, ignored))
      for (const char* name : names)
        if (entry.path().filename().string().starts_with(std::string(name) + ".partial"))
          std::filesystem::remove(entry.path(), ignored);
  }

#ifdef LOCK_EX
  void claim(const std::filesystem::path& folder) {
    lock_ = open(folder.c_str(), O_RDONLY | O_CLOEXEC);
    if (lock_ < 0 || flock(lock_, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) return;
    release();
    throw odot::FileError(folder.string(), "another run is writing to this folder; choose another one");
  }
  void release() {
    if (lock_ >= 0) close(lock_);
    lock_ = -1;
  }
#else
  void claim(const std::filesystem::path&) {}
  void release() {}
#endif

  int lock_ = -1;
};

}  // namespace trainer
