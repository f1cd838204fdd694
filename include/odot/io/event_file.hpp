#pragma once
// SPDX-License-Identifier: MIT
// EventFile: a file of records, as TensorFlow writes them, that grows while others read it.

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "odot/core/config.hpp"
#include "odot/core/error.hpp"
#include "odot/io/crc32c.hpp"

#if __has_include(<unistd.h>)
#include <unistd.h>
#endif

namespace odot::io {

/// The record of a payload: u64 size | u32 masked CRC-32C of the size | payload | u32 masked CRC-32C of the payload, all
/// little-endian.
ODOT_COLD inline std::string event_record(std::string_view payload) {
  const auto append = [](std::string& text, std::uint64_t number, int bytes) {
    for (int i = 0; i < bytes; ++i) text += static_cast<char>(static_cast<unsigned char>(number >> 8 * i & 0xFF));
  };
  std::string record;
  record.reserve(payload.size() + 16);
  append(record, payload.size(), 8);
  append(record, masked_crc32c(record), 4);
  record += payload;
  append(record, masked_crc32c(payload), 4);
  return record;
}

/// Appends records to a new file. Each is handed to the system at once, in one piece, so that a kill leaves whole
/// records and a reader sees them as they come.
class EventFile {
 public:
  /// Errors  FileError: the file exists, or can't be created
  ODOT_COLD explicit EventFile(std::filesystem::path path) : path_(std::move(path)) {
    file_ = std::fopen(path_.string().c_str(), "wbx");
    if (!file_) fail("can't be created");
    std::setvbuf(file_, nullptr, _IONBF, 0);
  }
  EventFile(const EventFile&) = delete;
  EventFile& operator=(const EventFile&) = delete;
  ~EventFile() { std::fclose(file_); }

  /// Errors  FileError: a full disk, …; a part of the record may be in the file, and readers stop there
  ODOT_COLD void append(std::string_view payload) {
    const std::string record = event_record(payload);
    errno = 0;
    if (std::fwrite(record.data(), 1, record.size(), file_) != record.size()) fail("writing broke off");
    size_ += record.size();
  }

  /// Flushes the file to the disk, as far as the system can: afterwards it survives a power cut.
  ODOT_COLD void sync() const {
#if __has_include(<unistd.h>)
    (void)!fsync(fileno(file_));
#endif
  }

  const std::filesystem::path& path() const { return path_; }
  std::uint64_t size() const { return size_; }  ///< bytes, of whole records

 private:
  [[noreturn]] ODOT_COLD void fail(const char* what) const {
    throw FileError(path_.string(), std::string(what) + ": " + std::generic_category().message(errno ? errno : EIO));
  }

  std::filesystem::path path_;
  std::FILE* file_ = nullptr;
  std::uint64_t size_ = 0;
};

}  // namespace odot::io
