#pragma once
// SPDX-License-Identifier: MIT
// FolderLock: a folder that one program at a time may write to.

#include <cerrno>
#include <filesystem>
#include <utility>

#if __has_include(<sys/file.h>) && __has_include(<unistd.h>)
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>
#endif

namespace odot::io {

/// While it lives, no other FolderLock of the same file can be had, in this program or another. The system releases it
/// when the program ends, however it ends; the file stays, empty. Where the system or the file system has no locks, every
/// lock is granted.
///     io::FolderLock lock("runs/b/checkpoint.lock");
///     if (!lock) throw FileError(…);
class FolderLock {
 public:
  /// Holds nothing.
  FolderLock() = default;
  explicit FolderLock(const std::filesystem::path& file) { take(file); }
  FolderLock(FolderLock&& other) noexcept
      : held_(std::exchange(other.held_, false)), file_(std::exchange(other.file_, -1)) {}
  FolderLock& operator=(FolderLock&& other) noexcept {
    std::swap(held_, other.held_);
    std::swap(file_, other.file_);
    return *this;
  }
  ~FolderLock() { release(); }

  /// Whether it is held: false where another has it.
  explicit operator bool() const { return held_; }

  void release();

 private:
  void take(const std::filesystem::path& file);

  bool held_ = false;
  int file_ = -1;  // its descriptor; -1: none
};

#ifdef LOCK_EX
inline void FolderLock::take(const std::filesystem::path& file) {
  file_ = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);   // NFS locks only what is open for writing
  if (file_ < 0) file_ = open(file.c_str(), O_RDONLY | O_CLOEXEC);  // another user's, which this one may read alone
  int error = 0;
  if (file_ >= 0)
    while (flock(file_, LOCK_EX | LOCK_NB) != 0 && (error = errno) == EINTR) error = 0;
  held_ = error != EWOULDBLOCK;
  if (!held_) release();
}
inline void FolderLock::release() {
  if (file_ >= 0) close(file_);
  file_ = -1;
  held_ = false;
}
#else
inline void FolderLock::take(const std::filesystem::path&) { held_ = true; }
inline void FolderLock::release() { held_ = false; }
#endif

}  // namespace odot::io
