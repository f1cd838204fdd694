#pragma once
// SPDX-License-Identifier: MIT
// ByteSource: bounded, checked reading, the base of every data format here; FileSource: a plain file as a source.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <ios>
#include <locale>
#include <span>
#include <string>
#include <system_error>
#include <utility>

#include "odot/core/error.hpp"

namespace odot::data {

/// The content of a file, from its first byte to its last. `Derived` supplies
///     std::size_t read_some(std::span<std::uint8_t>);   // the next bytes; fewer than asked for only at the end
///     void require_size(std::uint64_t total) const;     // throws if the content can't be `total` bytes long; call it
///                                                       // before memory is taken for an announced size
/// There are no virtual functions: with them, GzipSource would be compiled into every program, which would need zlib.
/// Errors  FormatError: the content ends early or late;  FileError: the system fails to read
template <class Derived>
class ByteSource {
 public:
  const std::string& path() const { return path_; }
  std::uint64_t offset() const { return offset_; }  // bytes read so far

  /// Fills `bytes`; `what` says in errors what they are.
  ODOT_COLD void read(std::span<std::uint8_t> bytes, const char* what);

  /// All bytes that have not been read yet, as text.
  std::string read_rest();

  /// Throws FormatError unless all of the content has been read.
  ODOT_COLD void require_end();

 protected:
  ODOT_COLD explicit ByteSource(std::string path) : path_(std::move(path)) {}

  [[noreturn]] ODOT_COLD void fail(std::uint64_t at, const std::string& expected, const std::string& found) const {
    throw FormatError(path_, at, expected, found);
  }

 private:
  std::string path_;
  std::uint64_t offset_ = 0;
};

/// A plain file. Its size is known from the start. Throws FileError if there is no such file or it can't be read.
class FileSource final : public ByteSource<FileSource> {
 public:
  ODOT_COLD explicit FileSource(const std::filesystem::path& path);

  std::uint64_t size() const { return size_; }  // bytes
  ODOT_COLD void require_size(std::uint64_t total) const;
  std::size_t read_some(std::span<std::uint8_t> bytes);

 private:
  std::ifstream file_;
  std::uint64_t size_ = 0;
};

namespace detail {

/// "1F 8B 08"
ODOT_COLD inline std::string hex(std::span<const std::uint8_t> bytes) {
  constexpr const char* digits = "0123456789ABCDEF";
  std::string text;
  for (const std::uint8_t byte : bytes) {
    if (!text.empty()) text += ' ';
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

}  // namespace detail

template <class Derived>
void ByteSource<Derived>::read(std::span<std::uint8_t> bytes, const char* what) {
  const std::size_t got = static_cast<Derived*>(this)->read_some(bytes);
  offset_ += got;
  if (got < bytes.size())
    fail(offset_, std::to_string(bytes.size()) + " bytes of " + what,
         "the end of the file after " + std::to_string(got) + " of them");
}

template <class Derived>
std::string ByteSource<Derived>::read_rest() {
  std::uint64_t guess = 1 << 16;
  if constexpr (requires(const Derived& d) { d.size(); })  // and one more byte, to reach the end
    guess = std::min<std::uint64_t>(static_cast<const Derived*>(this)->size() + 1, 1 << 30);
  std::string rest;
  for (std::size_t had = 0;; had = rest.size()) {
    rest.resize((std::max)(2 * had, static_cast<std::size_t>(guess)));
    const std::span<std::uint8_t> room(reinterpret_cast<std::uint8_t*>(rest.data()) + had, rest.size() - had);
    const std::size_t got = static_cast<Derived*>(this)->read_some(room);
    offset_ += got;
    if (got == room.size()) continue;
    rest.resize(had + got);
    return rest;
  }
}

template <class Derived>
void ByteSource<Derived>::require_end() {
  std::uint8_t extra = 0;
  if (static_cast<Derived*>(this)->read_some({&extra, 1}) == 0) return;
  fail(offset_, "the end of the file", "more bytes, " + detail::hex({&extra, 1}) + " first");
}

inline FileSource::FileSource(const std::filesystem::path& path) : ByteSource(path.string()) {
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status))
    throw FileError(this->path(), (error ? error.message() : "no such file") + "; check the path");
  if (!std::filesystem::is_regular_file(status)) throw FileError(this->path(), "not a regular file; check the path");
  size_ = std::filesystem::file_size(path, error);
  if (error) throw FileError(this->path(), "its size can't be read: " + error.message());
  file_.imbue(std::locale::classic());  // a locale may convert bytes
  file_.open(path, std::ios::binary);
  if (!file_) throw FileError(this->path(), "can't be opened for reading; check its permissions");
}

inline void FileSource::require_size(std::uint64_t total) const {
  if (size_ != total)
    fail((std::min)(size_, total), "a file of " + std::to_string(total) + " bytes", std::to_string(size_) + " bytes");
}

inline std::size_t FileSource::read_some(std::span<std::uint8_t> bytes) {
  file_.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  if (file_.bad()) throw FileError(path(), "can't be read past byte " + std::to_string(offset()) + "; check the disk");
  return static_cast<std::size_t>(file_.gcount());
}

}  // namespace odot::data
