#pragma once
// SPDX-License-Identifier: MIT
// Files that are either whole or not there: written under a temporary name, then renamed.

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

#include "odot/core/error.hpp"

#if __has_include(<unistd.h>)
#include <unistd.h>
#endif

namespace odot::io {

/// Creates a folder and those above it. Throws FileError where that can't be done or a file is in the way.
inline void create_folder(const std::filesystem::path& folder) {
  std::error_code error;
  const std::filesystem::file_status found = std::filesystem::status(folder, error);
  if (std::filesystem::exists(found) && !std::filesystem::is_directory(found))
    throw FileError(folder.string(), "expected a folder, found a file; choose another one");
  std::filesystem::create_directories(folder, error);
  if (error) throw FileError(folder.string(), "can't create the folder: " + error.message() + "; choose another one");
}

/// Replaces a file's content. After an error, or a crash at any time, the old file is still there, whole.
/// Throws FileError.
inline void write_file(const std::filesystem::path& path, std::string_view content) {
  const std::filesystem::path temporary = path.string() + ".partial";
  const auto fail = [&](const char* what) {
    const std::string reason = std::strerror(errno);
    std::error_code ignored;
    std::filesystem::remove(temporary, ignored);
    throw FileError(path.string(), std::string(what) + ": " + reason);
  };
  std::FILE* file = std::fopen(temporary.string().c_str(), "wb");
  if (!file) fail("can't be written");
  bool good = std::fwrite(content.data(), 1, content.size(), file) == content.size() && std::fflush(file) == 0;
#if __has_include(<unistd.h>)
  good = good && fsync(fileno(file)) == 0;
#endif
  good = (std::fclose(file) == 0) && good;
  if (!good) fail("writing broke off");
  if (std::rename(temporary.string().c_str(), path.string().c_str()) != 0) fail("can't be renamed into place");
}

}  // namespace odot::io
